//! What a stack stands on: the tables, buckets, secrets and ports that the template names, before
//! any function starts.

use crate::backups::Backups;
use crate::dynamodb::{self, Dynamo};
use crate::functions::{Functions, Running};
use crate::host::{Endpoints, Host, sdk};
use crate::http;
use crate::http::api::{Apis, OWN};
use crate::iam::{Around, Principal, guarded};
use crate::lambdas::Lambdas;
use crate::notifications::Notifications;
use crate::options::{Options, StartError};
use crate::ports::{ApiPort, apis_beside, listen, serve_endpoints};
use crate::runtime::{Runtime, Upkeep};
use crate::stack::{Parts, Servers, Stack};
use crate::state::State;
use crate::storage;
use crate::template::{self, Event, REGION, Template, TemplateError};
use axum::Router;
use custodian_local_s3::Store;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// A stack whose tables and buckets are there, and whose functions have not started. What they read
/// while they start can be put there now.
pub struct Foundation {
    options: Options,
    template: Template,
    listener: TcpListener,
    url: String,
    /// The APIs with a port of their own.
    beside: Vec<ApiPort>,
    state: Arc<State>,
    dynamo: Dynamo,
    store: Store,
    notifications: Arc<Notifications>,
    endpoints: Endpoints,
    servers: Servers,
    home: PathBuf,
    folder: Option<TempDir>,
}

/// The functions of a template, started.
#[derive(Default)]
struct Started {
    running: Vec<Running>,
    settings: BTreeMap<String, BTreeMap<String, String>>,
    principals: BTreeMap<String, Principal>,
    /// What invokes them: the name of the code, the event's logical id and the event.
    events: Vec<(String, (String, Event))>,
}

impl Foundation {
    /// Makes everything that the template names but its functions.
    ///
    /// # Errors
    /// The first thing that is wrong in the template, the folder or the port.
    pub async fn lay(mut options: Options) -> Result<Self, StartError> {
        let listener = listen(options.port)
            .await
            .map_err(|error| StartError::Port(options.port, error))?;
        let port = listener
            .local_addr()
            .map_or(options.port, |address| address.port());
        let url = format!("http://127.0.0.1:{port}");
        let mut offered = std::mem::take(&mut options.offered);
        if let Some(address) = &options.address {
            offered.insert(address.parameter.clone(), url.clone());
        }
        let mut beside = apis_beside(&options, &mut offered).await?;
        let template = Template::read(
            &options.template,
            &options.name,
            &options.parameters,
            offered,
        )?;
        let unusable = |problem: String| {
            let folder = options.data.clone();
            StartError::Data(folder.unwrap_or_else(std::env::temp_dir), problem)
        };
        let state = State::open(options.data.as_deref());
        let state = Arc::new(state.map_err(|error| unusable(error.to_string()))?);
        state.restore(&options.clock);
        let dynamo = Dynamo::open(options.data.as_deref(), &options.clock).map_err(unusable)?;
        let folder = options.data.is_none().then(TempDir::new).transpose();
        let folder = folder.map_err(|error| unusable(error.to_string()))?;
        let home = folder
            .as_ref()
            .map(|it| it.path().to_owned())
            .or_else(|| options.data.clone())
            .unwrap_or_default();
        let store = Store::open(&home.join("s3"), options.clock.clone())
            .map_err(|error| unusable(error.to_string()))?;
        let notifications = Arc::new(Notifications::new(
            &template.functions,
            Arc::clone(&state),
            options.clock.clone(),
        ));
        let arrivals = Arc::clone(&notifications);
        store.on_created(move |object| arrivals.tell(object));
        let mut servers = Servers::new();
        let endpoints =
            serve_endpoints(&mut servers, &options, &template, &dynamo, &store, &url).await?;
        beside.retain(|port| template.apis.iter().any(|api| api.id == port.id));
        let laid = Self {
            options,
            template,
            listener,
            url,
            beside,
            state,
            dynamo,
            store,
            notifications,
            endpoints,
            servers,
            home,
            folder,
        };
        let client = laid.endpoints.dynamodb_client();
        dynamodb::make(&laid.dynamo, &client, &laid.template.tables)
            .await
            .map_err(|wrong| laid.wrong(wrong))?;
        storage::make(&laid.store, &laid.template.buckets).map_err(|wrong| laid.wrong(wrong))?;
        Ok(laid)
    }

    /// The addresses of the stack's AWS endpoints.
    #[must_use]
    pub const fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The address of an API that has a port of its own, by its logical id.
    #[must_use]
    pub fn api_url(&self, id: &str) -> Option<&str> {
        let port = self.beside.iter().find(|port| port.id == id);
        port.map(|port| port.url.as_str())
    }

    /// A setting of the template's functions, from the first function that has it.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&str> {
        let functions = &self.template.functions;
        functions
            .iter()
            .find_map(|function| function.settings.get(name))
            .map(String::as_str)
    }

    /// Serves something else as long as the stack runs.
    pub fn serve(&mut self, listener: TcpListener, router: Router) {
        self.servers.serve(listener, router);
    }

    /// Starts the functions, and what invokes them.
    ///
    /// # Errors
    /// The first function that has no code here, or that does not start.
    pub async fn run(mut self, lambdas: &Lambdas, upkeep: Upkeep) -> Result<Stack, StartError> {
        let started = self
            .start(lambdas)
            .await
            .map_err(|wrong| self.wrong(wrong))?;
        let functions = Arc::new(Functions::new(
            started.running,
            Arc::clone(&self.state),
            self.options.clock.clone(),
        ));
        let base = self.base(&started.settings);
        let schedules = self.options.schedules;
        let mut runtime = Runtime {
            clock: self.options.clock.clone(),
            state: Arc::clone(&self.state),
            dynamo: self.dynamo.clone(),
            store: self.store.clone(),
            backups: Backups::of(self.home.join("backups")),
            tables: std::mem::take(&mut self.template.tables),
            functions: Arc::clone(&functions),
            apis: Apis::new(base, self.beside.iter().map(|port| port.id.clone())),
            api_urls: self
                .beside
                .iter()
                .map(|port| (port.id.clone(), port.url.clone()))
                .collect(),
            intake: self.options.intake.clone(),
            queues: std::mem::take(&mut self.template.queues),
            endpoints: self.endpoints.clone(),
            mappings: Vec::new(),
            schedules: Vec::new(),
            upkeep,
            ttl: self.options.ttl,
            turn: tokio::sync::Mutex::default(),
        };
        for (name, (event_id, event)) in started.events {
            let Some(function) = functions.find(&name).cloned() else {
                continue;
            };
            let place = function.template.id.clone();
            let added = if let Event::Http(event) = event {
                self.template.api_of(&event).and_then(|(api, accepted)| {
                    let api = api.map(|api| api.id.as_str());
                    runtime.apis.add(api, event.route, name, accepted)
                })
            } else {
                runtime.add(function, &event_id, event, schedules)
            };
            added.map_err(|problem| self.wrong((place, problem)))?;
        }
        let runtime = Arc::new(runtime);
        runtime.run_schedules();
        self.notifications.begin(&functions);
        let mut servers = self.servers;
        servers.serve(self.listener, http::router(Arc::clone(&runtime)));
        for (place, port) in self.beside.into_iter().enumerate() {
            let router = http::api_router(Arc::clone(&runtime), OWN + 1 + place);
            servers.serve(port.listener, router);
        }
        servers.keep(Arc::clone(&runtime));
        Ok(Stack::new(Parts {
            runtime,
            notifications: self.notifications,
            url: self.url,
            settings: started.settings,
            principals: started.principals,
            servers,
            folder: self.folder,
        }))
    }

    /// Starts each function with the rights of its role. An error names the function.
    async fn start(&mut self, lambdas: &Lambdas) -> Result<Started, (String, String)> {
        let limits = principals(&self.template);
        let mut started = Started::default();
        for mut function in std::mem::take(&mut self.template.functions) {
            let id = function.id.clone();
            let of_function = |problem| (id.clone(), problem);
            let name = lambdas.code_of(&function).map_err(of_function)?;
            let settings = settings(&function, &self.endpoints);
            // It may do on AWS what its role allows, and nothing else here either.
            let host = Host {
                settings: settings.clone(),
                sdk: guarded(sdk(), limits.get(&id)),
                clock: self.options.clock.clone(),
            };
            let lambda = lambdas.start(&name, host).await.map_err(of_function)?;
            let principal = limits.get(&id).cloned();
            started
                .principals
                .extend(principal.map(|principal| (name.clone(), principal)));
            let events = std::mem::take(&mut function.events).into_iter();
            started
                .events
                .extend(events.map(|event| (name.clone(), event)));
            started.settings.insert(name.clone(), settings);
            function.timeout = self.options.longest.unwrap_or(function.timeout);
            started.running.push(Running::new(name, function, lambda));
        }
        Ok(started)
    }

    /// The path of the public address, as in the functions' settings.
    fn base(&self, settings: &BTreeMap<String, BTreeMap<String, String>>) -> String {
        let address = self.options.address.as_ref().and_then(|address| {
            settings
                .values()
                .find_map(|settings| settings.get(&address.setting))
        });
        let path = address
            .and_then(|address| address.split_once("://")?.1.split_once('/'))
            .map_or("", |(_, path)| path.trim_matches('/'));
        if path.is_empty() {
            String::new()
        } else {
            format!("/{path}")
        }
    }

    fn wrong(&self, (place, problem): (String, String)) -> StartError {
        let file = self.options.template.file_name().unwrap_or_default();
        StartError::Template(TemplateError {
            file: file.display().to_string(),
            place,
            problem,
        })
    }
}

/// The settings of a function.
fn settings(function: &template::Function, endpoints: &Endpoints) -> BTreeMap<String, String> {
    let mut settings = function.settings.clone();
    settings.extend(endpoints.settings());
    // What Lambda itself adds.
    settings.insert("AWS_REGION".to_owned(), REGION.to_owned());
    settings.insert("AWS_LAMBDA_FUNCTION_NAME".to_owned(), function.name.clone());
    settings
}

/// The IAM principal of each function, by its logical id.
fn principals(template: &Template) -> BTreeMap<String, Principal> {
    let around = Arc::new(Around::new(&template.bucket_policies, &template.tables));
    let of = |function: &template::Function| {
        let role = template
            .roles
            .iter()
            .find(|role| function.role.as_ref() == Some(&role.arn))?;
        Some((function.id.clone(), Principal::new(role, &around)))
    };
    template.functions.iter().filter_map(of).collect()
}
