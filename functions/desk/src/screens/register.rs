//! Registering a request: four pages, and nothing is stored before the last one's button. What was
//! answered goes along in the form.

use crate::fields::Values;
use crate::order_form::today_if_empty;
use crate::orders::{Refused, To};
use crate::respond;
use crate::view::{Block, Button, Fact, Field, Form, Look, Problem, Screen};
use crate::visit::{Answer, Visit, status_of};
use crate::words;
use custodian_domain::identity::staff::StaffNumber;
use custodian_domain::rights::calendar::ENGLAND_AND_WALES;
use custodian_domain::rights::response_deadline::{ClockFacts, ResponseDeadline, Right};
use custodian_web::http::{Response, StatusCode};
use serde_json::json;

/// The pages, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    What,
    When,
    Who,
    Check,
}

impl Step {
    const ALL: [Self; 4] = [Self::What, Self::When, Self::Who, Self::Check];

    const fn name(self) -> &'static str {
        match self {
            Self::What => "what",
            Self::When => "when",
            Self::Who => "who",
            Self::Check => "check",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::What => "What do they want?",
            Self::When => "When and how did it reach the council?",
            Self::Who => "Who asks?",
            Self::Check => "Check before you register it",
        }
    }

    /// The fields that this page asks for.
    const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::What => &["kinds"],
            Self::When => &["received-day", "received-month", "received-year", "channel"],
            Self::Who => &["asker", "handler"],
            Self::Check => &["case_id"],
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }

    fn next(self) -> Self {
        let place = Self::ALL.iter().position(|step| *step == self);
        let next = place.and_then(|place| Self::ALL.get(place + 1));
        next.copied().unwrap_or(Self::Check)
    }
}

/// Shows a page of the four, or registers the case.
pub(crate) async fn show(visit: &Visit<'_>) -> Answer {
    let typed = visit.typed();
    let Some(sent) = &visit.sent else {
        return Ok(page(visit, Step::What, &visit.query, &[], StatusCode::OK));
    };
    let from = Step::named(typed.get("step")).unwrap_or(Step::What);
    if let Some(back) = typed.given("go").and_then(Step::named) {
        return Ok(page(visit, back, &typed, &[], StatusCode::OK));
    }
    let problems = problems(from, &typed, visit);
    if !problems.is_empty() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(page(visit, from, &typed, &problems, status));
    }
    if from != Step::Check {
        return Ok(page(visit, from.next(), &typed, &[], StatusCode::OK));
    }
    register(visit, &typed, &sent.id).await
}

async fn register(visit: &Visit<'_>, typed: &Values, id: &str) -> Answer {
    let case = typed.given("case_id").map_or_else(
        || format!("C-{}-{}", visit.today().format("%Y"), &id[..8]),
        str::to_owned,
    );
    let mut order = json!({
        "order": "register", "case_id": case, "event_id": id,
        "received": typed.day("received").ok().flatten(), "channel": typed.get("channel"),
        "asker": typed.get("asker"), "kinds": typed.all("kinds"),
    });
    if let Some(handler) = typed.given("handler") {
        order["handler"] = json!(handler);
    }
    match visit.give(To::Requests, order).await {
        Ok(answer) => {
            let case = answer["case_id"].as_str().unwrap_or(&case);
            Ok(respond::go(&format!("/desk/cases/{case}?done=registered")))
        }
        Err(Refused::Order { kind, words }) => {
            let problem = about(&words);
            Ok(page(
                visit,
                Step::Check,
                typed,
                &[problem],
                status_of(&kind),
            ))
        }
        Err(unavailable) => Err(unavailable.into()),
    }
}

fn about(words: &str) -> Problem {
    let is_id = words.starts_with("case_id");
    Problem {
        field: if is_id { "case_id" } else { "" }.to_owned(),
        words: words::sentence(words),
    }
}

fn problems(step: Step, typed: &Values, visit: &Visit<'_>) -> Vec<Problem> {
    let missing = |field: &str, words: &str| Problem {
        field: field.to_owned(),
        words: words.to_owned(),
    };
    let mut problems = Vec::new();
    match step {
        Step::What if typed.all("kinds").is_empty() => {
            problems.push(missing("kinds", "Choose what they want"));
        }
        Step::When => {
            match typed.day("received") {
                Ok(None) => problems.push(missing("received-day", "Enter the day")),
                Ok(Some(day)) if day > visit.today() => {
                    problems.push(missing("received-day", "The day must be today or earlier"));
                }
                Ok(Some(_)) => {}
                Err(wrong) => {
                    problems.push(missing(
                        "received-day",
                        &words::sentence(&wrong.to_string()),
                    ));
                }
            }
            if typed.get("channel").is_empty() {
                problems.push(missing("channel", "Choose how it came"));
            }
        }
        Step::Who => {
            if typed.get("asker").is_empty() {
                problems.push(missing("asker", "Choose who asks"));
            }
            let handler = typed.given("handler").map(str::to_owned);
            if handler.is_some_and(|handler| StaffNumber::try_from(handler).is_err()) {
                problems.push(missing("handler", "Enter a staff number, such as D-2"));
            }
        }
        _ => {}
    }
    problems
}

fn page(
    visit: &Visit<'_>,
    step: Step,
    values: &Values,
    problems: &[Problem],
    status: StatusCode,
) -> Response {
    let mut values = values.clone();
    if step == Step::When {
        today_if_empty(&mut values, "received", visit.today());
    }
    let mut blocks = match step {
        Step::What => vec![Block::Text(
            "People need not name a right, fill in a form, or write to the right address. Choose everything that they ask \
             for: each is a request of its own."
                .to_owned(),
        )],
        Step::When => vec![Block::Text(
            "The day on which it reached anybody at the council, not the day on which it reached you.".to_owned(),
        )],
        Step::Who => vec![Block::Text(
            "Keep no copies of passports or letters here, and write no names.".to_owned(),
        )],
        Step::Check => check(&values),
    };
    let hidden = values
        .pairs()
        .filter(|(name, _)| {
            !["token", "step", "go"].contains(name) && !step.fields().contains(name)
        })
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .chain([("step".to_owned(), step.name().to_owned())]);
    let mut buttons = vec![Button::main(if step == Step::Check {
        "Register it"
    } else {
        "Continue"
    })];
    if step == Step::Check {
        let change = |words: &str, step: Step| {
            Button::main(words)
                .sends("go", step.name())
                .looking(Look::Second)
        };
        buttons.extend([
            change("Change what they want", Step::What),
            change("Change when and how", Step::When),
            change("Change who asks", Step::Who),
        ]);
    }
    blocks.push(Block::Form(Form {
        to: visit.path.to_owned(),
        token: visit.token(),
        hidden: hidden.collect(),
        fields: fields(step, &values, problems),
        buttons,
        is_search: false,
    }));
    let screen = Screen {
        title: step.title().to_owned(),
        caption: "Register a request".to_owned(),
        blocks,
        ..Screen::default()
    };
    visit.again(screen, problems.to_vec(), status)
}

fn fields(step: Step, values: &Values, problems: &[Problem]) -> Vec<Field> {
    let fields = match step {
        Step::What => vec![
            Field::any("kinds", "They want", values, words::KINDS)
                .hint("Choose all that apply."),
        ],
        Step::When => vec![
            Field::day("received", "When?", values).hint("For example, 27 11 2026"),
            Field::one("channel", "How?", values, words::CHANNELS),
        ],
        Step::Who => vec![
            Field::one("asker", "Who asks?", values, words::ASKERS),
            Field::line("handler", "Who works on it? (optional)", values, 10)
                .hint("A staff number. You, if it is left empty."),
        ],
        Step::Check => vec![
            Field::line("case_id", "Reference (optional)", values, 20).hint(
                "Your own, such as C-2026-0042. It must say nothing about the person. One is made if it is left empty.",
            ),
        ],
    };
    fields
        .into_iter()
        .map(|field| field.among(problems))
        .collect()
}

/// What was answered, with the date of each answer.
fn check(values: &Values) -> Vec<Block> {
    let received = values.day("received").ok().flatten();
    let mut facts = vec![
        Fact::of(
            "They want",
            values
                .all("kinds")
                .iter()
                .map(|kind| words::label(words::KINDS, kind))
                .collect(),
        ),
        Fact::new(
            "Received",
            received.map_or_else(String::new, |day| words::day(&day.to_string())),
        ),
        Fact::new("How", words::label(words::CHANNELS, values.get("channel"))),
        Fact::new("Who asks", words::label(words::ASKERS, values.get("asker"))),
        Fact::new("Who works on it", values.given("handler").unwrap_or("You")),
    ];
    if let Some(day) = received {
        let plain = ClockFacts::received(Right::Erasure, day);
        if let ResponseDeadline::By { due, working } = plain.deadline(&ENGLAND_AND_WALES) {
            facts.push(Fact::new("Answer by", words::day(&due.to_string())));
            let steps = working.to_string();
            facts.push(Fact::of(
                "How we worked this out",
                steps.split("; ").map(words::sentence).collect(),
            ));
        }
    }
    vec![Block::Summary(facts)]
}
