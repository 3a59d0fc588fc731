"""A page of HTML as tests look at it."""

from html.parser import HTMLParser


class HtmlPage(HTMLParser):
    """Elements of a page, the words in them, and what scripts of which type hold."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.scripts, self.words, self.cells = [], [], [], []
        self._open = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in ("meta", "img", "link", "br"):
            self._open.append(tag)
        if tag == "script":
            self.scripts.append([dict(attributes), ""])

    def handle_endtag(self, tag):
        assert self._open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        inside = self._open[-1] if self._open else ""
        if inside == "script":
            self.scripts[-1][1] += data
        elif inside != "style":
            self.words.append(data)
            if inside == "td":
                self.cells.append(data)

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]
