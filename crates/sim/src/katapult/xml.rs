//! As much XML as a build specification needs: elements, attributes, text. No document type, no entities of its own, no
//! name spaces.

/// One element.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    /// Its name.
    pub name: String,
    attributes: Vec<(String, String)>,
    /// The elements in it.
    pub children: Vec<Self>,
    /// The text in it, trimmed.
    pub text: String,
}

impl Element {
    /// An attribute's value.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        attributes
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The first element in it with this name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first element in it with this name, where there is any.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        let text = self.child(name).map(|child| child.text.as_str());
        text.filter(|text| !text.is_empty())
    }
}

/// Reads a document.
pub fn read(text: &str) -> Result<Element, String> {
    let mut reader = Reader { rest: text };
    reader.skip_asides()?;
    let element = reader.element(0)?;
    reader.skip_asides()?;
    if reader.rest.is_empty() {
        Ok(element)
    } else {
        Err("there is something after the document's end".to_owned())
    }
}

/// How deep elements may lie in each other.
const DEEPEST: usize = 32;

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn take(&mut self, wanted: &str) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn until(&mut self, end: &str) -> Result<&'a str, String> {
        let (before, after) = self
            .rest
            .split_once(end)
            .ok_or_else(|| format!("the document ends before a \"{end}\""))?;
        self.rest = after;
        Ok(before)
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Skips space, comments and processing instructions.
    fn skip_asides(&mut self) -> Result<(), String> {
        loop {
            self.skip_space();
            if self.take("<?") {
                self.until("?>")?;
            } else if self.take("<!--") {
                self.until("-->")?;
            } else {
                return Ok(());
            }
        }
    }

    fn name(&mut self) -> Result<String, String> {
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() {
            return Err("a name is missing".to_owned());
        }
        self.rest = rest;
        Ok(name.to_owned())
    }

    fn element(&mut self, depth: usize) -> Result<Element, String> {
        if depth > DEEPEST {
            return Err("the elements lie too deep in each other".to_owned());
        }
        if !self.take("<") {
            return Err("an element is missing".to_owned());
        }
        let mut element = Element {
            name: self.name()?,
            ..Element::default()
        };
        loop {
            self.skip_space();
            if self.take("/>") {
                return Ok(element);
            }
            if self.take(">") {
                self.content(&mut element, depth)?;
                return Ok(element);
            }
            let attribute = self.attribute()?;
            element.attributes.push(attribute);
        }
    }

    fn attribute(&mut self) -> Result<(String, String), String> {
        let name = self.name()?;
        self.skip_space();
        if !self.take("=") {
            return Err(format!("the attribute {name} has no value"));
        }
        self.skip_space();
        let quote = if self.take("\"") {
            "\""
        } else if self.take("'") {
            "'"
        } else {
            return Err(format!("the value of the attribute {name} has no quotes"));
        };
        let value = self.until(quote)?;
        Ok((name, unescaped(value)?))
    }

    fn content(&mut self, element: &mut Element, depth: usize) -> Result<(), String> {
        let mut text = String::new();
        loop {
            let end = self
                .rest
                .find('<')
                .ok_or_else(|| format!("{} does not end", element.name))?;
            let (before, rest) = self.rest.split_at(end);
            text.push_str(&unescaped(before)?);
            self.rest = rest;
            if self.take("<!--") {
                self.until("-->")?;
            } else if self.take("<![CDATA[") {
                text.push_str(self.until("]]>")?);
            } else if self.take("</") {
                let name = self.name()?;
                self.skip_space();
                if name != element.name || !self.take(">") {
                    return Err(format!("{} ends as {name}", element.name));
                }
                text.trim().clone_into(&mut element.text);
                return Ok(());
            } else {
                element.children.push(self.element(depth + 1)?);
            }
        }
    }
}

fn unescaped(text: &str) -> Result<String, String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let (name, after) = after.split_once(';').ok_or("an ampersand stands alone")?;
        plain.push(character(name).ok_or_else(|| format!("the entity {name} is not known"))?);
        rest = after;
    }
    plain.push_str(rest);
    Ok(plain)
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// Text as it stands in a document.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_attributes_and_text_are_read() {
        let text = "<?xml version=\"1.0\"?>\n<!-- a --><A>\n <B by='name'>x &amp; &#x79;<!-- b --></B> <C all=\"yes\"/>\n\
                    <D><![CDATA[<raw>&]]></D></A>\n";
        let element = read(text).unwrap();
        assert_eq!(element.text_of("B"), Some("x & y"));
        assert_eq!(element.child("B").unwrap().attribute("by"), Some("name"));
        assert_eq!(element.child("C").unwrap().attribute("all"), Some("yes"));
        assert_eq!(element.text_of("C"), None);
        assert_eq!(element.text_of("D"), Some("<raw>&"));
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for text in [
            "",
            "<A>",
            "<A></B>",
            "<A/><B/>",
            "<A b></A>",
            "<A>&nbsp;</A>",
            "<A>&</A>",
            "text",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(&"<A>".repeat(100_000)).is_err(), "deep documents end, too");
    }

    #[test]
    fn what_is_escaped_reads_back() {
        let text = "a<b>&\"c\"'";
        assert_eq!(read(&format!("<A>{}</A>", escaped(text))).unwrap().text, text);
    }
}
