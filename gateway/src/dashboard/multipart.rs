//! Forms with a file in them (`multipart/form-data`, RFC 7578), whole in memory. Every part is text.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use zeroize::Zeroizing;

/// Parts of a form: more than any of ours has.
const PARTS_MAX: usize = 16;

/// What stands between the parts, where a body has any.
pub(super) fn boundary(headers: &HeaderMap) -> Option<String> {
    let media_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let (essence, parameters) = media_type.split_once(';')?;
    if !essence.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="))?;
    Some(boundary.trim_matches('"').to_owned())
}

/// The fields of a body; none where it is not as browsers write it.
pub(super) fn fields(body: &[u8], boundary: &str) -> Option<Vec<(String, Zeroizing<String>)>> {
    let text = std::str::from_utf8(body).ok()?;
    let delimiter = format!("\r\n--{boundary}");
    // The first delimiter has no line before it.
    let mut parts = text.strip_prefix(&*format!("--{boundary}"))?.split(&*delimiter);
    let mut fields = Vec::new();
    loop {
        let part = parts.next()?;
        if let Some(end) = part.strip_prefix("--") {
            return (end.trim().is_empty() && parts.next().is_none()).then_some(fields);
        }
        let (head, value) = part.strip_prefix("\r\n")?.split_once("\r\n\r\n")?;
        if fields.len() >= PARTS_MAX {
            return None;
        }
        fields.push((name(head)?.to_owned(), Zeroizing::new(value.to_owned())));
    }
}

/// The field that a part is. A quote in a name is written as `%22`, so the next one ends it.
fn name(head: &str) -> Option<&str> {
    let disposition = head.lines().find_map(|line| {
        let (header, value) = line.split_once(':')?;
        header.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let (_, rest) = disposition.split_once("; name=\"")?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "--x\r\nContent-Disposition: form-data; name=\"form_token\"\r\n\r\nabc\r\n\
        --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n\
        one\r\ntwo\r\n\r\nthree\r\n--x--\r\n";

    fn read(body: &str) -> Option<Vec<(String, String)>> {
        let fields = fields(body.as_bytes(), "x")?;
        Some(fields.into_iter().map(|(name, value)| (name, value.to_string())).collect())
    }

    #[test]
    fn a_browsers_form_is_read() {
        let file = ("file".to_owned(), "one\r\ntwo\r\n\r\nthree".to_owned());
        assert_eq!(read(BODY), Some(vec![("form_token".to_owned(), "abc".to_owned()), file]));
        assert_eq!(read("--x--\r\n"), Some(Vec::new()));
    }

    #[test]
    fn what_is_cut_short_or_no_form_is_refused() {
        for end in 0..BODY.len() - 4 {
            assert_eq!(read(&BODY[..end]), None, "{end}");
        }
        for bad in ["", "x", "--y--", "--x\r\n\r\n\r\nvalue\r\n--x--", "--x--\r\n\r\n--x--"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        let part = "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x";
        assert_eq!(read(&format!("--x{}--", part.repeat(PARTS_MAX + 1))), None);
        assert_eq!(fields(b"--x\r\n\xff", "x"), None);
    }

    #[test]
    fn the_boundary_is_in_the_header() {
        let boundary_in = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, text.parse().unwrap());
            boundary(&headers)
        };
        assert_eq!(boundary_in("multipart/form-data; boundary=----a"), Some("----a".to_owned()));
        assert_eq!(boundary_in("Multipart/Form-Data; charset=utf-8; boundary=\"b\""), Some("b".to_owned()));
        for none in ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain; boundary=a"] {
            assert_eq!(boundary_in(none), None, "{none}");
        }
    }
}
