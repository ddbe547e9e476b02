//! Which texts are rows of JSON, and what others cost.

use super::promises_tests::{REVIEWS, lines, tell, whole};
use super::{Format, Header, Position, ROW_LIMIT, Rows, Unreadable};
use proptest::prelude::*;
use serde_json::json;

/// A file as a partner drops it.
pub(super) fn sample(file: &str) -> Vec<u8> {
    std::fs::read(format!(
        "{}/../../tests/fixtures/intake/{file}",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

fn read(format: Format, file: &str) -> Vec<String> {
    let told = whole(format, file.as_bytes());
    assert_eq!(told.end, Ok(()));
    lines(&told)
}

fn refused(file: &str) -> Unreadable {
    whole(REVIEWS, file.as_bytes()).end.unwrap_err()
}

#[test]
fn each_line_is_an_object() {
    assert_eq!(
        read(
            Format::JsonLines,
            "\u{feff}{\"a\":1}\r\n \n\n{\"b\":\"x\\ny\"}"
        ),
        ["1: {\"a\":1}", "4: {\"b\":\"x\\ny\"}"]
    );
}

#[test]
fn an_empty_file_of_lines_has_no_rows() {
    assert_eq!(read(Format::JsonLines, ""), [""; 0]);
    assert_eq!(read(Format::JsonLines, "\u{feff}\n \n"), [""; 0]);
}

#[test]
fn a_bad_line_costs_no_other() {
    assert_eq!(
        read(
            Format::JsonLines,
            "{\"a\":\n{\"b\":2}\n[1]\n{} {}\n\"\n{\"c\":3}"
        ),
        [
            "1! not_json: {\"a\":",
            "2: {\"b\":2}",
            "3! not_an_object: [1]",
            "4! not_json: {} {}",
            "5! not_json: \"",
            "6: {\"c\":3}"
        ]
    );
    let told = whole(Format::JsonLines, b"{\"a\":\"\xe9\"}\n{}\n");
    assert_eq!(lines(&told), ["1! not_utf8: {\"a\":\"\u{fffd}\"}", "2: {}"]);
}

#[test]
fn a_line_that_is_too_long_is_cut_and_costs_no_other() {
    let file = format!(
        "{{}}\n{{\"a\":\"{}\"}}\n{{\"b\":2}}\n",
        "x".repeat(5 * ROW_LIMIT)
    );
    let told = tell(Rows::new(Format::JsonLines), file.as_bytes(), &[10_000]);
    let told: Vec<_> = lines(&told)
        .iter()
        .map(|line| line.chars().take(12).collect::<String>())
        .collect();
    assert_eq!(told, ["1: {}", "2! too_long:", "3: {\"b\":2}"]);
}

#[test]
fn the_list_is_found_among_other_fields() {
    let file = "{\"x\":{\"reviews\":[{}],\"y\":\"]}\\\"\"},\"z\":-1.5e3,\"n\":null,\n\"reviews\" :\n[ {\"a\":1} ,\n{\"a\":[{}]}],\"reviewsCount\":2}\n";
    assert_eq!(read(REVIEWS, file), ["3: {\"a\":1}", "4: {\"a\":[{}]}"]);
    for file in [
        "{\"reviewss\":[{}],\"\\u0072eviews\":[{}]}",
        "{\"reviewsReviewsReviewsReviewsReviews\":[{}]}",
    ] {
        assert_eq!(
            refused(file),
            Unreadable::NoList,
            "a list of another name is not passed over"
        );
    }
}

#[test]
fn a_place_without_reviews_is_a_list_without_rows() {
    for file in [
        "{}",
        " {\n} \n",
        "{\"reviews\":[]}",
        "{\"a\": [ ],\"b\":[\n]}",
        "{\"reviews\":[],\"averageRating\":0}",
        "\u{feff}{}",
    ] {
        assert_eq!(read(REVIEWS, file), [""; 0], "{file}");
    }
}

#[test]
fn a_file_that_is_no_object_with_a_list_is_refused() {
    for file in ["", "\u{feff}", " \n"] {
        assert_eq!(refused(file), Unreadable::Empty, "{file}");
    }
    for file in [
        "[]",
        "null",
        "a,b",
        "{",
        "{\"reviews\"",
        "{\"a\":{\"reviews\":[]}",
        "{reviews:[]}",
        "{\"a\" 1}",
        "{\"a\":]}",
    ] {
        assert_eq!(refused(file), Unreadable::NotAnObject, "{file}");
    }
    for file in [
        "{\"reviews\":{}}",
        "{\"reviews\":null}",
        "{\"a\":[],\"reviews\":\"[]\"}",
    ] {
        assert_eq!(refused(file), Unreadable::NotAList, "{file}");
    }
}

#[test]
fn a_bad_element_costs_no_other() {
    assert_eq!(
        read(
            REVIEWS,
            "{\"reviews\":[1,{\"a\":},\"]\",null {\"b\":2}{\"c\":3},,x, [{}],{}],\"n\":6}"
        ),
        [
            "1! not_an_object: 1",
            "1! not_json: {\"a\":}",
            "1! not_an_object: \"]\"",
            "1! not_an_object: null",
            "1: {\"b\":2}",
            "1: {\"c\":3}",
            "1! not_json: x",
            "1! not_an_object: [{}]",
            "1: {}"
        ]
    );
}

#[test]
fn a_bracket_or_a_quote_that_is_missing_costs_its_element() {
    assert_eq!(
        read(
            REVIEWS,
            "{\"reviews\":[{\"a\":[1},{\"b\":2},\n{\"c\":\"3}\n, \"d\":4},{\"e\":5}]}"
        ),
        [
            "1! not_json: {\"a\":[1}",
            "1: {\"b\":2}",
            "2! not_json: {\"c\":\"3}\n, \"d\":4}",
            "3: {\"e\":5}"
        ]
    );
}

#[test]
fn a_list_that_breaks_off_has_its_rest_as_one_broken_row() {
    assert_eq!(
        read(REVIEWS, "{\"reviews\":[{\"a\":1},\n{\"b\":"),
        ["1: {\"a\":1}", "2! list_broken_off: {\"b\":"]
    );
    assert_eq!(
        read(REVIEWS, "{\"reviews\":[{\"a\":1}"),
        ["1: {\"a\":1}", "1! list_broken_off: "]
    );
    assert_eq!(read(REVIEWS, "{\"reviews\":["), ["1! list_broken_off: "]);
    assert_eq!(
        read(REVIEWS, "{\"reviews\":[{\"a\":1], {\"b\":2}]}"),
        ["1! list_broken_off: {\"a\":1], {\"b\":2}]}"]
    );
    assert_eq!(
        read(REVIEWS, "{\"reviews\":[{}]}\n[{}]"),
        ["1: {}", "2! list_broken_off: [{}]"]
    );
    assert_eq!(
        read(REVIEWS, "{\"reviews\":[{}]}\n{\"error\":{}}{}"),
        ["1: {}", "2! error_message: {\"error\":{}}{}"],
        "what stands behind a page is kept, whatever it is"
    );
}

#[test]
fn pages_behind_each_other_are_read_one_by_one() {
    let pages = "{\"reviews\":[{\"a\":1}],\"nextPageToken\":\"x\"}\n{}\n{\"reviews\":[{\"a\":2},{\"a\":3}]} {\"locationReviews\":[]}";
    assert_eq!(
        read(REVIEWS, pages),
        ["1: {\"a\":1}", "3: {\"a\":2}", "3: {\"a\":3}"]
    );
    assert_eq!(
        read(REVIEWS, "{\"locationReviews\":[{\"review\":{}}]}"),
        ["1: {\"review\":{}}"]
    );
}

#[test]
fn whoever_has_the_last_page_lacks_none() {
    let lacks = |file: &str| {
        let mut rows = Rows::new(REVIEWS);
        rows.push(file.as_bytes());
        rows.finish();
        while rows.next().unwrap().is_some() {}
        rows.has_more_pages()
    };
    for file in [
        "{\"reviews\":[{}],\"nextPageToken\":\"x\"}",
        "{\"nextPageToken\":\"x\",\"reviews\":[{}]}",
        "{\"reviews\":[{}],\"nextPageToken\" : \"AbCdEf\",\"totalReviewCount\":3",
        "{\"reviews\":[{}]}{\"locationReviews\":[],\"nextPageToken\":\"x\"}",
    ] {
        assert!(lacks(file), "{file}");
    }
    for file in [
        "{\"reviews\":[{\"nextPageToken\":\"x\"}]}",
        "{\"reviews\":[{}],\"nextPageToken\":\"\"}",
        "{\"reviews\":[{}],\"nextPageToken\":null}",
        "{\"reviews\":[{}],\"nextPageToken\":\"x\"}{\"reviews\":[{}]}",
        "{}",
    ] {
        assert!(!lacks(file), "{file}");
    }
}

#[test]
fn an_object_that_is_a_row_by_itself_is_one() {
    assert_eq!(
        read(REVIEWS, "\n{\"createTime\":1,\"x\":[1]}\n "),
        ["2: {\"createTime\":1,\"x\":[1]}"]
    );
    let long = format!("{{\"createTime\":\"{}\"}}", "x".repeat(ROW_LIMIT));
    assert_eq!(refused("{\"createTime\":1} x"), Unreadable::NotAList);
    assert_eq!(
        refused("{\"createTime\":1}\n{\"createTime\":2}"),
        Unreadable::RowsWithoutList
    );
    assert_eq!(refused(&long), Unreadable::NoList);
    assert_eq!(refused("{\"createTime\":}"), Unreadable::NotAnObject);
}

#[test]
fn what_is_no_list_is_refused_and_nothing_in_it_disappears() {
    for file in [
        "{\"averageRating\":3.0}",
        "{\"totalReviewCount\":120}",
        "{\"nextPageToken\":\"x\"}",
        "{\"media\":[{}]}",
        "{\"a\":{}}",
        "{\"a\":[],\"b\":null}",
        "{\"interaction_id\":\"1\"}\n{\"interaction_id\":\"2\"}",
    ] {
        assert_eq!(refused(file), Unreadable::NoList, "{file}");
    }
    for file in [
        "{\"error\": {\"code\": 401}}",
        "{\"code\": 401, \"message\": \"x\"}",
        "{\"reviews\": [], \"error\": {\"code\": 401}}",
        "{\"error\": \"x\", \"reviews\": []}",
        "{\"error\": true, \"reviews\": [{\"a\": 1}]}",
        "{\"a\": [], \"reviews\": [], \"error\": 401}",
    ] {
        assert_eq!(refused(file), Unreadable::ErrorMessage, "{file}");
    }
    for file in [
        "{\"reviews\": [], \"error\": null}",
        "{\"error\": false, \"reviews\": []}",
        "{\"error\": {}, \"reviews\": []}",
    ] {
        assert_eq!(read(REVIEWS, file), [""; 0], "{file}");
    }
}

#[test]
fn an_error_beside_rows_or_a_second_list_is_told_and_the_rest_is_kept() {
    assert_eq!(
        read(
            REVIEWS,
            "{\"reviews\":[{\"a\":1}],\"error\":{\"code\":500}}\n"
        ),
        ["1: {\"a\":1}", "1! error_message: \n"]
    );
    assert_eq!(
        read(
            REVIEWS,
            "{\"reviews\":[{\"a\":1}]}\n{\"reviews\":[],\"error\":1}"
        ),
        ["1: {\"a\":1}", "2! error_message: "]
    );
    for name in ["reviews", "locationReviews"] {
        assert_eq!(
            read(
                REVIEWS,
                &format!("{{\"reviews\":[{{\"a\":1}}],\"{name}\":[{{\"b\":2}}]}}")
            ),
            ["1: {\"a\":1}", "1! second_list: {\"b\":2}]}"]
        );
    }
}

#[test]
fn lines_that_are_none_are_refused_by_what_they_are() {
    let refused = |file: &str| whole(Format::JsonLines, file.as_bytes()).end.unwrap_err();
    for file in ["[", "[\n{\"a\":1}]", " \n [{}]", "[]"] {
        assert_eq!(refused(file), Unreadable::AnArray, "{file}");
    }
    let spread = [
        "{\n  \"a\": 1\n}",
        "{\r\n\"a\":1}\r\n{\r\n\"a\":1}",
        "{\"a\": 1,\n \"b\": 2}",
        "{ \"a\": [\n\"b\",\n\"c\"]\n}\n",
    ];
    for (file, size) in spread
        .iter()
        .flat_map(|file| [1, 7, 4096].map(|size| (file, size)))
    {
        let told = tell(Rows::new(Format::JsonLines), file.as_bytes(), &[size]);
        assert_eq!(told.end, Err(Unreadable::SpreadOverLines), "{file}");
    }
    let cut = "{\"a\": \"x\n\"\n{\"b\":{}}\n";
    assert_eq!(
        read(Format::JsonLines, cut),
        [
            "1! not_json: {\"a\": \"x",
            "2! not_json: \"",
            "3: {\"b\":{}}"
        ]
    );
    let long = "CALL ID,TIMESTAMP\n1,2\n".repeat(50_000);
    for file in ["CALL ID,TIMESTAMP\n1,2\n", "null", "x", &long] {
        assert_eq!(refused(file), Unreadable::NotJsonLines);
    }
    assert_eq!(
        read(Format::JsonLines, "# export\n\n{\"a\":1}"),
        ["1! not_json: # export", "3: {\"a\":1}"]
    );
    assert_eq!(
        read(Format::JsonLines, "{\n{\"a\":1}"),
        ["1! not_json: {", "2: {\"a\":1}"]
    );
}

#[test]
fn a_row_with_a_field_twice_is_no_row() {
    let told = read(
        Format::JsonLines,
        "{\"a\":1,\"a\":2}\n{\"b\":{\"a\":1,\"a\":1}}\n{\"a\":1}",
    );
    assert_eq!(
        told,
        [
            "1! repeated_field: {\"a\":1,\"a\":2}",
            "2! repeated_field: {\"b\":{\"a\":1,\"a\":1}}",
            "3: {\"a\":1}"
        ]
    );
    assert_eq!(
        read(REVIEWS, "{\"createTime\":1,\"createTime\":2}"),
        ["1! repeated_field: {\"createTime\":1,\"createTime\":2}"]
    );
}

#[test]
fn half_a_character_costs_itself_only() {
    let told = read(
        Format::JsonLines,
        "{\"a\":\"x \\ud83d\"}\n{\"a\":\"\\ud83d\\ude00\"}",
    );
    assert_eq!(
        told,
        ["1: {\"a\":\"x \u{fffd}\"}", "2: {\"a\":\"\u{1f600}\"}"]
    );
    assert_eq!(
        read(REVIEWS, "{\"reviews\":[{\"a\":\"\\ude00\"}]}"),
        ["1: {\"a\":\"\u{fffd}\"}"]
    );
}

#[test]
fn a_rest_is_cut_to_the_limit() {
    let rest = format!("{{\"b\":\"{}", "x".repeat(3 * ROW_LIMIT));
    for file in [
        format!("{{\"reviews\":[{{}},{rest}"),
        format!("{{\"reviews\":[{{}},}}{rest}"),
    ] {
        let told = lines(&tell(Rows::new(REVIEWS), file.as_bytes(), &[100_000]));
        assert_eq!(
            (told.len(), told[1].len()),
            (2, "1! list_broken_off: ".len() + ROW_LIMIT)
        );
    }
}

#[test]
fn a_file_that_ends_behind_its_list_lacks_no_row() {
    assert_eq!(read(REVIEWS, "{\"reviews\":[{}],\"averageRa"), ["1: {}"]);
    assert_eq!(read(REVIEWS, "{\"reviews\":[{}]"), ["1: {}"]);
}

#[test]
fn an_element_that_is_too_long_or_too_deep_costs_no_other() {
    let long = format!(
        "{{\"a\":[\"{}\",{{\"]\":\"\\\"\"}}]}}",
        "[".repeat(3 * ROW_LIMIT)
    );
    let deep = format!("{}{}", "{\"a\":[".repeat(10_000), "]}".repeat(10_000));
    let file = format!(
        "{{\"reviews\":[{{}},{long},{deep},{},{{\"b\":2}}]}}",
        "7".repeat(2 * ROW_LIMIT)
    );
    for sizes in [[usize::MAX], [997]] {
        let told = lines(&tell(Rows::new(REVIEWS), file.as_bytes(), &sizes));
        let told: Vec<_> = told
            .iter()
            .map(|line| line.chars().take(12).collect::<String>())
            .collect();
        assert_eq!(
            told,
            [
                "1: {}",
                "1! too_long:",
                "1! not_json:",
                "1! too_long:",
                "1: {\"b\":2}"
            ]
        );
    }
}

#[test]
fn large_fields_around_the_list_are_not_held() {
    let large = format!("[{}0]", "\"{{\",".repeat(400_000));
    let file = format!("{{\"x\":{large},\"reviews\":[{{}}],\"y\":{large}}}");
    let told = tell(Rows::new(REVIEWS), file.as_bytes(), &[1000]);
    assert_eq!(lines(&told), ["1: {}"]);
    // As much as a row may have, because an object without a list may be one.
    assert!(
        told.most_held < ROW_LIMIT + ROW_LIMIT / 8,
        "{}",
        told.most_held
    );
}

#[test]
fn a_reader_that_resumes_behind_a_list_that_broke_off_is_at_the_end() {
    let told = whole(REVIEWS, b"{\"reviews\":[{}");
    let at = told.positions.last().unwrap().1.clone();
    assert_eq!(
        at,
        Position {
            offset: 14,
            line: 0
        }
    );
    assert_eq!(
        lines(&tell(
            Rows::resume(REVIEWS, Header::default(), at),
            b"",
            &[1]
        )),
        [""; 0]
    );
}

#[test]
fn the_samples_are_framed_row_by_row() {
    let reviews = lines(&whole(
        REVIEWS,
        &sample("reviews/location-list-2026-05.json"),
    ));
    let starts: Vec<_> = reviews
        .iter()
        .map(|line| line.split_once('{').unwrap().0)
        .collect();
    assert_eq!(starts, ["3: ", "19: ", "30: ", "41: ", "52: "]);
    assert!(reviews[0].contains("Lovely library"));
    let interviews = lines(&whole(
        Format::JsonLines,
        &sample("interviews/2026-08.jsonl"),
    ));
    assert_eq!(
        (interviews.len(), interviews[2].as_str()),
        (
            3,
            "3! not_json: {\"interview_id\": \"INT-2026-033\", broken"
        )
    );
    let support = lines(&whole(
        Format::JsonLines,
        &sample("support/2026-09-21.jsonl"),
    ));
    assert!(support.len() == 3 && support.iter().all(|line| line.contains(": {")));
}

proptest! {
    #[test]
    fn what_a_good_writer_wrote_comes_back(texts in prop::collection::vec(any::<String>(), 0..10), is_pretty in any::<bool>(), size in 1_usize..50) {
        let rows: Vec<_> = texts.iter().map(|text| json!({ text: [text, { "a": text }] })).collect();
        let list = json!({ "before": texts, "reviews": rows, "then": { "reviews": texts } });
        let list = if is_pretty { serde_json::to_string_pretty(&list) } else { serde_json::to_string(&list) }.unwrap();
        let objects = |format, file: &str| -> Vec<String> {
            let told = lines(&tell(Rows::new(format), file.as_bytes(), &[size]));
            told.iter().map(|line| line.split_once(": ").unwrap().1.to_owned()).collect()
        };
        let written: Vec<_> = rows.iter().map(ToString::to_string).collect();
        prop_assert_eq!(&objects(REVIEWS, &list), &written);
        prop_assert_eq!(&objects(Format::JsonLines, &written.join("\n")), &written);
    }
}
