//! Whether the tags of a page are closed.

/// Fails where a tag of the page is not closed, or closes another one.
pub(crate) fn assert_closed(page: &str) {
    let void = ["!DOCTYPE", "meta", "img", "br"];
    let mut open = Vec::new();
    for piece in page.split('<').skip(1) {
        let tag = piece.split('>').next().unwrap();
        let name = tag.split([' ', '/', '\n']).find(|part| !part.is_empty()).unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "</{name}> closes another");
        } else if !tag.ends_with('/') && !void.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} are not closed");
}
