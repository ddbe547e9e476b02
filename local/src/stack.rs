//! The stack: everything that the template names, running in this process.

use crate::backups::Backups;
use crate::dynamodb::{self, Dynamo};
use crate::functions::{Functions, Running};
use crate::host::{ACCESS_KEY, Endpoints, SECRET_KEY, sdk};
use crate::http::routes::Routes;
use crate::iam::{Around, Principal, guarded};
use crate::notifications::Notifications;
use crate::options::{OFFERED, Options, StartError};
use crate::ports::{beside, listen};
use crate::runtime::{Runtime, RuntimeError};
use crate::state::{Message, State};
use crate::template::{self, REGION, Template, TemplateError};
use crate::{http, secrets, storage, surveys};
use axum::Router;
use chrono::{DateTime, Utc};
use custodian_local_s3::{Created, Store};
use custodian_runtime::{Clock, Environment};
use custodian_simulators::Simulators;
use custodian_store::requests::Requests;
use custodian_web::site::BasePath;
use lambda_runtime::Diagnostic;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;

/// How long the servers may take to finish what they are doing when the stack stops.
const LAST_REQUESTS: Duration = Duration::from_secs(2);

/// A running stack; it ends when it is stopped or dropped.
pub struct Stack {
    runtime: Arc<Runtime>,
    notifications: Arc<Notifications>,
    url: String,
    hosts: BTreeMap<String, Environment>,
    settings: BTreeMap<String, BTreeMap<String, String>>,
    principals: BTreeMap<String, Principal>,
    surveys: Vec<String>,
    end: watch::Sender<bool>,
    servers: JoinSet<()>,
    /// The folder of a stack in memory, for the bytes of objects.
    _folder: Option<TempDir>,
}

impl Stack {
    /// Starts everything that the template names.
    ///
    /// # Errors
    /// The first thing that is wrong in the template, the folder, the port or a survey.
    #[expect(
        clippy::too_many_lines,
        reason = "each part once, in the order of what needs it"
    )]
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let listener = listen(options.port)
            .await
            .map_err(|error| StartError::Port(options.port, error))?;
        let port = listener
            .local_addr()
            .map_or(options.port, |address| address.port());
        let url = format!("http://127.0.0.1:{port}");
        let simulators = Simulators::new(&options.clock).map_err(StartError::Simulators)?;
        let (double_listeners, double_urls) = beside_all(options.port, [4, 5, 6, 7]).await?;
        let mut offered = Simulators::parameters(&double_urls);
        offered.insert("PublicUrl".to_owned(), url.clone());
        offered.extend(OFFERED.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let template = Template::read(&options.template, &options.parameters, offered)?;
        let wrong = |(place, problem): (String, String)| {
            let file = options
                .template
                .file_name()
                .unwrap_or_default()
                .display()
                .to_string();
            StartError::Template(TemplateError {
                file,
                place,
                problem,
            })
        };
        let data = options.data.clone();
        let unusable = |problem: String| {
            StartError::Data(data.clone().unwrap_or_else(std::env::temp_dir), problem)
        };
        let state =
            Arc::new(State::open(data.as_deref()).map_err(|error| unusable(error.to_string()))?);
        state.restore(&options.clock);
        let dynamo = Dynamo::open(data.as_deref(), &options.clock).map_err(unusable)?;
        let folder = data
            .is_none()
            .then(TempDir::new)
            .transpose()
            .map_err(|error| unusable(error.to_string()))?;
        let home = folder
            .as_ref()
            .map(|it| it.path().to_owned())
            .or(data.clone())
            .unwrap_or_default();
        let store = Store::open(&home.join("s3"), options.clock.clone())
            .map_err(|error| unusable(error.to_string()))?;

        let notifications = Arc::clone(&state);
        let notifications = Arc::new(Notifications::new(
            &template.functions,
            notifications,
            options.clock.clone(),
        ));
        let told = Arc::clone(&notifications);
        store.on_created(move |object| told.tell(object));

        let (end, ended) = watch::channel(false);
        let mut servers = JoinSet::new();
        let (dynamodb_listener, dynamodb_url) = beside(options.port, 1).await?;
        let (s3_listener, s3_url) = beside(options.port, 2).await?;
        let (secrets_listener, secrets_url) = beside(options.port, 3).await?;
        let endpoints = Endpoints {
            dynamodb: dynamodb_url,
            s3: s3_url,
            secrets: secrets_url,
        };
        let serving = dynoxide::server::serve_with_shutdown(
            dynamodb_listener,
            dynamo.database.clone(),
            over(ended.clone()),
        );
        servers.spawn(async move { drop(serving.await) });
        servers.spawn(custodian_local_s3::serve(
            s3_listener,
            store.clone(),
            (ACCESS_KEY, SECRET_KEY),
            over(ended.clone()),
        ));
        servers.spawn(serve(
            secrets_listener,
            secrets::router(&template.secrets, &simulators.secrets()),
            ended.clone(),
        ));
        for (listener, router) in double_listeners.into_iter().zip(simulators.routers()) {
            servers.spawn(serve(listener, router, ended.clone()));
        }

        let host = |settings: BTreeMap<String, String>| {
            Environment::new(settings, sdk(), options.clock.clone())
        };
        let client = custodian_store::client(&host(endpoints.settings()).dynamodb());
        dynamodb::make(&dynamo, &client, &template.tables)
            .await
            .map_err(wrong)?;
        storage::make(&store, &template.buckets).map_err(wrong)?;
        let register = template
            .functions
            .iter()
            .find_map(|function| function.settings.get("REGISTER_TABLE"));
        let surveys = match &options.surveys {
            Some(folder) => surveys::load(&client, register, folder, options.clock.now()).await,
            None => Ok(Vec::new()),
        };
        let surveys = surveys.map_err(StartError::Survey)?;
        adopt(&client, register.filter(|_| data.is_some()), &options.clock)
            .await
            .map_err(unusable)?;

        let (mut running, mut hosts, mut settings) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        let (mut events, limits, mut principals) =
            (Vec::new(), principals(&template), BTreeMap::new());
        for mut function in template.functions {
            let id = function.id.clone();
            let of_function = |problem| wrong((id.clone(), problem));
            let name = options.functions.crate_of(&function).map_err(of_function)?;
            let environment = environment(&function, &endpoints);
            let host = host(environment.clone());
            // It may do on AWS what its role allows, and nothing else here either.
            let guarded = Environment::new(
                environment.clone(),
                guarded(sdk(), limits.get(&id)),
                options.clock.clone(),
            );
            let started = options
                .functions
                .start(&name, guarded)
                .await
                .map_err(of_function)?;
            principals.extend(
                limits
                    .get(&id)
                    .map(|principal| (name.clone(), principal.clone())),
            );
            events.extend(
                std::mem::take(&mut function.events)
                    .into_iter()
                    .map(|event| (name.clone(), event)),
            );
            hosts.insert(name.clone(), host);
            settings.insert(name.clone(), environment);
            function.timeout = options.longest.unwrap_or(function.timeout);
            running.push(Running::new(name, function, started));
        }
        let functions = Arc::new(Functions::new(
            running,
            Arc::clone(&state),
            options.clock.clone(),
        ));
        let mut runtime = Runtime {
            clock: options.clock,
            state,
            dynamo,
            store,
            backups: Backups::of(home.join("backups")),
            tables: template.tables,
            functions: Arc::clone(&functions),
            routes: Routes::new(),
            base: base(&settings),
            queues: template.queues,
            endpoints,
            mappings: Vec::new(),
            schedules: Vec::new(),
            simulators,
            ttl: options.ttl,
            turn: tokio::sync::Mutex::default(),
        };
        for (name, (event_id, event)) in events {
            let Some(function) = functions.find(&name).cloned() else {
                continue;
            };
            let place = function.template.id.clone();
            runtime
                .add(function, &event_id, event, options.schedules)
                .map_err(|problem| wrong((place, problem)))?;
        }
        let runtime = Arc::new(runtime);
        runtime.run_schedules();
        notifications.begin(&functions);
        servers.spawn(serve(
            listener,
            http::router(Arc::clone(&runtime)),
            ended.clone(),
        ));
        servers.spawn(keep(Arc::clone(&runtime), ended));
        Ok(Self {
            runtime,
            notifications,
            url,
            hosts,
            settings,
            principals,
            surveys,
            end,
            servers,
            _folder: folder,
        })
    }

    /// The address of the stack.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The addresses of the stack's AWS endpoints.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.runtime.endpoints
    }

    /// The ids of the surveys that were loaded.
    #[must_use]
    pub fn surveys(&self) -> &[String] {
        &self.surveys
    }

    /// An environment like that of a function of the template, by the name of its crate, but not
    /// limited by a role.
    #[must_use]
    pub fn host(&self, function: &str) -> Option<Environment> {
        self.hosts.get(function).cloned()
    }

    /// The settings of that environment: the template's settings of the function, and the
    /// endpoints.
    #[must_use]
    pub fn settings(&self, function: &str) -> Option<BTreeMap<String, String>> {
        self.settings.get(function).cloned()
    }

    /// The SDK's configuration for this stack, without endpoints; a faulty connection can be built
    /// on it.
    #[must_use]
    pub fn sdk(&self) -> aws_config::SdkConfig {
        sdk()
    }

    /// The same for a function of the template: what its role may not do is refused.
    #[must_use]
    pub fn sdk_of(&self, function: &str) -> aws_config::SdkConfig {
        guarded(sdk(), self.principal(function))
    }

    /// The IAM principal of a function of the template, by the name of its crate.
    #[must_use]
    pub fn principal(&self, function: &str) -> Option<&Principal> {
        self.principals.get(function)
    }

    /// The processors' simulators.
    #[must_use]
    pub fn simulators(&self) -> &Simulators {
        &self.runtime.simulators
    }

    /// The store behind the S3 endpoint.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.runtime.store
    }

    /// Every object that is created from now on.
    #[must_use]
    pub fn created(&self) -> broadcast::Receiver<Created> {
        self.notifications.subscribe()
    }

    /// The bucket that accepts files, if the template has a function `import`.
    #[must_use]
    pub fn intake(&self) -> Option<String> {
        self.runtime.intake().map(|(bucket, _)| bucket.to_owned())
    }

    /// Invokes a function (by crate, name, logical id or ARN) as Lambda does and waits for its
    /// answer.
    ///
    /// # Errors
    /// What the function failed with.
    pub async fn invoke(&self, function: &str, event: Value) -> Result<Value, Diagnostic> {
        self.runtime.functions.invoke(function, event).await
    }

    /// The clock of everything in the stack.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.runtime.clock.clone()
    }

    /// Moves the clock; TTL's removals are delivered and due schedules have run when it returns.
    ///
    /// # Errors
    /// If the embedded stores could not remove what expired.
    pub async fn move_clock(&self, to: DateTime<Utc>) -> Result<(), RuntimeError> {
        self.runtime.move_clock(to).await?;
        self.runtime.functions.settle().await;
        self.runtime.settle().await
    }

    /// Waits until everything that waits in streams, events and asynchronous invocations is
    /// delivered.
    ///
    /// # Errors
    /// If a stream could not be read.
    pub async fn settle(&self) -> Result<(), RuntimeError> {
        self.runtime.settle().await
    }

    /// The messages that wait in a queue, by its name.
    #[must_use]
    pub fn messages(&self, queue: &str) -> Vec<Message> {
        let queue = self.runtime.queues.iter().find(|known| known.name == queue);
        let messages = queue.and_then(|queue| {
            self.runtime
                .state
                .read(|saved| saved.queues.get(&queue.arn).cloned())
        });
        messages.unwrap_or_default()
    }

    /// Ends the stack. Requests in progress get a moment, and what an event started begins again
    /// another time.
    pub async fn stop(mut self) {
        let _ = self.end.send(true);
        let finish = async { while self.servers.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(LAST_REQUESTS, finish).await;
        self.servers.shutdown().await;
        self.runtime.functions.end().await;
    }
}

/// The settings of a function.
fn environment(function: &template::Function, endpoints: &Endpoints) -> BTreeMap<String, String> {
    let mut environment = function.settings.clone();
    environment.extend(endpoints.settings());
    // What Lambda itself adds.
    environment.insert("AWS_REGION".to_owned(), REGION.to_owned());
    environment.insert("AWS_LAMBDA_FUNCTION_NAME".to_owned(), function.name.clone());
    environment
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

/// Lets requests continue that the first version approved, as `make adopt-requests` does on AWS.
async fn adopt(
    client: &aws_sdk_dynamodb::Client,
    register: Option<&String>,
    clock: &Clock,
) -> Result<(), String> {
    let Some(register) = register else {
        return Ok(());
    };
    let adopted =
        custodian_operations::adopt::adopt(&Requests::new(client, register), &[], clock.now())
            .await;
    adopted.map(drop).map_err(|error| error.to_string())
}

async fn beside_all(
    door: u16,
    offsets: [u16; 4],
) -> Result<(Vec<TcpListener>, Vec<String>), StartError> {
    let mut all = (Vec::new(), Vec::new());
    for offset in offsets {
        let (listener, url) = beside(door, offset).await?;
        all.0.push(listener);
        all.1.push(url);
    }
    Ok(all)
}

async fn serve(listener: TcpListener, router: Router, ended: watch::Receiver<bool>) {
    if let Err(error) = axum::serve(listener, router)
        .with_graceful_shutdown(over(ended))
        .await
    {
        tracing::error!(error = error.to_string(), "a server of the stack ended");
    }
}

async fn keep(runtime: Arc<Runtime>, ended: watch::Receiver<bool>) {
    tokio::select! {
        () = runtime.keep() => {}
        () = over(ended) => {}
    }
}

/// Ready when the stack is stopped or dropped.
async fn over(mut ended: watch::Receiver<bool>) {
    let _ = ended.wait_for(|ended| *ended).await;
}

/// The path of the public address, as in the functions' settings.
fn base(settings: &BTreeMap<String, BTreeMap<String, String>>) -> BasePath {
    let public = settings
        .values()
        .find_map(|settings| settings.get("PUBLIC_URL"));
    public.and_then(|url| BasePath::of(url)).unwrap_or_default()
}
