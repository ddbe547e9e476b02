//! A browser of a member of staff, as far as the desk needs one: cookies, forms, no redirects.

use crate::house::House;
use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// A browser with its cookies.
pub struct Browser {
    client: Client,
    desk: String,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// A page.
pub struct Shown {
    pub status: StatusCode,
    pub location: String,
    pub body: String,
}

impl Shown {
    /// The hidden fields of the last form of the page, with its token.
    pub fn hidden(&self) -> Vec<(String, String)> {
        let form = self
            .body
            .rsplit("<form ")
            .find(|form| form.contains("type=\"hidden\""));
        let fields = form
            .unwrap_or_default()
            .split("<input type=\"hidden\" ")
            .skip(1);
        let part = |field: &str, name: &str| {
            let begins = format!("{name}=\"");
            let rest = field.split_once(&begins).map_or("", |(_, rest)| rest);
            rest.split('"').next().unwrap_or_default().to_owned()
        };
        fields
            .map(|field| (part(field, "name"), part(field, "value")))
            .collect()
    }
}

impl Browser {
    pub fn new(house: &House) -> Self {
        Self {
            client: Client::builder()
                .redirect(redirect::Policy::none())
                .build()
                .unwrap(),
            desk: house.stack.desk_url().unwrap().to_owned(),
            cookies: Mutex::default(),
        }
    }

    pub async fn get(&self, path: &str) -> Shown {
        self.get_url(&format!("{}{path}", self.desk)).await
    }

    pub async fn get_url(&self, url: &str) -> Shown {
        self.shown(self.client.get(url)).await
    }

    /// Sends a form from one of the desk's own pages.
    pub async fn send(&self, path: &str, fields: &[(String, String)]) -> Shown {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = self.client.post(format!("{}{path}", self.desk));
        let request = request.header("sec-fetch-site", "same-origin");
        let kind = "application/x-www-form-urlencoded";
        self.shown(request.header("content-type", kind).body(body))
            .await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let fields = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.send(path, &fields.collect::<Vec<_>>()).await
    }

    /// The token of the form on a page.
    pub async fn token(&self, path: &str) -> String {
        let hidden = self.get(path).await.hidden();
        let token = hidden.into_iter().find(|(name, _)| name == "token");
        token.unwrap().1
    }

    async fn shown(&self, request: RequestBuilder) -> Shown {
        let cookies: Vec<String> = {
            let cookies = self.cookies.lock().unwrap();
            cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect()
        };
        let answer = request
            .header("cookie", cookies.join("; "))
            .send()
            .await
            .unwrap();
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if value.is_empty() {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let location = answer.headers().get("location");
        Shown {
            status: answer.status(),
            location: location.map_or("", |it| it.to_str().unwrap()).to_owned(),
            body: answer.text().await.unwrap(),
        }
    }

    /// Begins to sign in, and says at the provider who it is. Returns the address to which the
    /// provider sends them back, and where they began.
    pub async fn begin(&self, _: &House, person: &str) -> (String, String) {
        let begun = self.get("/desk/sign-in?next=/desk").await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER);
        let request = self.client.post(&begun.location);
        let kind = "application/x-www-form-urlencoded";
        let request = request
            .header("content-type", kind)
            .body(format!("person={person}"));
        let back = request.send().await.unwrap();
        let back = back.headers()["location"].to_str().unwrap().to_owned();
        (back, begun.location)
    }

    /// Signs in, whatever was before.
    pub async fn sign_in_again(&mut self, house: &House, person: &str) {
        let (back, _) = self.begin(house, person).await;
        let finished = self.get_url(&back).await;
        assert_eq!(finished.status, StatusCode::SEE_OTHER, "{}", finished.body);
        assert_eq!(finished.location, "/desk");
    }
}

/// A browser in which somebody is signed in.
pub async fn sign_in(house: &House, person: &str) -> Browser {
    let mut browser = Browser::new(house);
    browser.sign_in_again(house, person).await;
    browser
}
