//! Where the next page of a listing begins.

use custodian_aws::StorageError;

/// Where the next page begins; `None` after the last page. S3 says whether a page is the last
/// (`IsTruncated`) and, if not, where the next begins.
///
/// # Errors
/// [`StorageError`] if there is another page and nobody knows where it begins: a list that broke
/// off must not look like one that ended.
pub(crate) fn next_page<T>(
    operation: &'static str,
    is_truncated: Option<bool>,
    marker: Option<T>,
) -> Result<Option<T>, StorageError> {
    match (is_truncated, marker) {
        (Some(true), None) => Err(StorageError::unreadable(operation)),
        (Some(false), _) => Ok(None),
        (_, marker) => Ok(marker),
    }
}

#[cfg(test)]
mod tests {
    use super::next_page;

    #[test]
    fn a_list_that_is_cut_without_saying_where_it_goes_on_is_not_over() {
        assert!(next_page::<&str>("list", Some(true), None).is_err());
    }

    #[test]
    fn a_list_goes_on_where_its_page_says_and_ends_with_the_last() {
        let next = |is_truncated, marker| next_page("list", is_truncated, marker).unwrap();
        assert_eq!(next(Some(true), Some("b")), Some("b"));
        assert_eq!(next(Some(false), Some("b")), None);
        assert_eq!(next(Some(false), None), None);
        assert_eq!(next(None, None), None);
    }
}
