//! Conditions of policies, including their results for a key that a call does not have
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>).

use std::collections::BTreeMap;

/// The keys of a call; each may have several values.
pub(crate) type Context = BTreeMap<String, Vec<String>>;

/// One operator on one key.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    key: String,
    values: Vec<String>,
    test: Test,
}

#[derive(Clone, Copy, Debug)]
enum Test {
    /// Whether there is no such key.
    Null,
    Compare {
        how: How,
        /// Whether it must be none of the values.
        not: bool,
        of: Of,
        /// Whether it is met if there is no such key.
        if_exists: bool,
    },
}

#[derive(Clone, Copy, Debug)]
enum How {
    Equal,
    Like,
}

/// Which of several values of a call are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    One,
    All,
    Any,
}

impl Condition {
    pub(crate) fn new(operator: &str, key: &str, values: Vec<String>) -> Result<Self, String> {
        let unknown = || format!("the operator {operator} is not understood");
        if let Some(value) = values.iter().find(|value| value.contains("${")) {
            return Err(format!("{value} has a variable, which is not understood"));
        }
        let (of, name) = match operator.split_once(':') {
            None => (Of::One, operator),
            Some(("ForAllValues", name)) => (Of::All, name),
            Some(("ForAnyValue", name)) => (Of::Any, name),
            Some(_) => return Err(unknown()),
        };
        let (name, if_exists) = name
            .strip_suffix("IfExists")
            .map_or((name, false), |name| (name, true));
        let (how, not) = match name {
            "Null" if of == Of::One && !if_exists => {
                return Ok(Self {
                    key: key.to_lowercase(),
                    values,
                    test: Test::Null,
                });
            }
            "StringEquals" | "Bool" => (How::Equal, false),
            "StringNotEquals" => (How::Equal, true),
            "StringLike" | "ArnEquals" | "ArnLike" => (How::Like, false),
            "StringNotLike" | "ArnNotEquals" | "ArnNotLike" => (How::Like, true),
            _ => return Err(unknown()),
        };
        Ok(Self {
            key: key.to_lowercase(),
            values,
            test: Test::Compare {
                how,
                not,
                of,
                if_exists,
            },
        })
    }

    /// Whether it is met by a call.
    pub(crate) fn holds(&self, context: &Context) -> bool {
        let there = context.get(&self.key);
        let (how, not, of, if_exists) = match self.test {
            Test::Null => {
                return self
                    .values
                    .iter()
                    .any(|value| (value == "true") == there.is_none());
            }
            Test::Compare {
                how,
                not,
                of,
                if_exists,
            } => (how, not, of, if_exists),
        };
        let Some(there) = there else {
            // With no values, all are as they should be: the trap of `ForAllValues`.
            return of == Of::All || (of == Of::One && (if_exists || not));
        };
        let is_one = |value: &String| {
            self.values.iter().any(|wanted| match how {
                How::Equal => wanted == value,
                How::Like => matches(wanted, value),
            })
        };
        match of {
            Of::Any => there.iter().any(|value| is_one(value) != not),
            Of::One | Of::All => there.iter().all(|value| is_one(value) != not),
        }
    }
}

/// Whether a text matches a pattern: `*` stands for any characters, `?` for one.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    // Most patterns have no wildcard, or a star at their end: every call of a stack checks
    // hundreds.
    match pattern.split_once(['*', '?']) {
        None => return pattern == text,
        Some((beginning, "")) if pattern.ends_with('*') => return text.starts_with(beginning),
        Some(_) => {}
    }
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    // Which beginnings of the pattern match the text so far.
    let mut like: Vec<bool> = vec![true];
    like.extend(pattern.iter().scan(true, |all, sign| {
        *all &= *sign == '*';
        Some(*all)
    }));
    for letter in text {
        let mut next = vec![false];
        for (place, sign) in pattern.iter().enumerate() {
            let here = match sign {
                '*' => like[place + 1] || next[place],
                '?' => like[place],
                sign => *sign == letter && like[place],
            };
            next.push(here);
        }
        like = next;
    }
    like.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Condition, Context, matches};

    fn holds(operator: &str, values: &[&str], there: Option<&[&str]>) -> bool {
        let owned = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        let mut context = Context::new();
        if let Some(there) = there {
            context.insert("k".to_owned(), owned(there));
        }
        Condition::new(operator, "K", owned(values))
            .unwrap()
            .holds(&context)
    }

    #[test]
    fn a_pattern_stands_for_what_is_like_it() {
        for (pattern, text, like) in [
            ("TASK#*", "TASK#A#records", true),
            ("TASK#*", "TASK", false),
            ("*", "", true),
            ("s3:*Object*", "s3:getobject", false),
            ("a*b*c", "aXbXbYc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("abc", "abcd", false),
            ("*c", "abcabc", true),
        ] {
            assert_eq!(matches(pattern, text), like, "{pattern} {text}");
        }
    }

    #[test]
    fn of_a_key_that_is_not_there_each_operator_makes_what_aws_makes() {
        for (operator, expected) in [
            ("StringEquals", false),
            ("StringNotEquals", true),
            ("StringLikeIfExists", true),
            ("ArnNotLike", true),
            ("ForAllValues:StringEquals", true),
            ("ForAnyValue:StringEquals", false),
        ] {
            assert_eq!(holds(operator, &["a"], None), expected, "{operator}");
        }
        assert!(holds("Null", &["true"], None) && !holds("Null", &["false"], None));
        assert!(holds("Null", &["false"], Some(&["a"])) && !holds("Null", &["true"], Some(&["a"])));
    }

    #[test]
    fn of_several_values_all_have_to_be_wanted_or_any() {
        let there: Option<&[&str]> = Some(&["a", "b"]);
        assert!(holds("ForAllValues:StringEquals", &["a", "b", "c"], there));
        assert!(!holds("ForAllValues:StringEquals", &["a"], there));
        assert!(holds("ForAnyValue:StringEquals", &["a"], there));
        assert!(!holds("StringNotEquals", &["a"], Some(&["a"])));
        assert!(
            holds("ForAllValues:StringLike", &["a*"], Some(&[])),
            "none is all"
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for operator in [
            "NumericLessThan",
            "ForSomeValues:StringEquals",
            "StringEqual",
            "ForAllValues:Null",
        ] {
            assert!(
                Condition::new(operator, "k", vec!["1".to_owned()]).is_err(),
                "{operator}"
            );
        }
        assert!(Condition::new("StringLike", "k", vec!["${aws:username}".to_owned()]).is_err());
    }
}
