"""Reading /metrics strictly: what is no sample of a declared family is an error."""
import re

SAMPLE = re.compile(r'([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*)\})? (\S+)')
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')


class Metrics:
    """samples: name -> {frozenset of labels: value}; types and help: family -> text."""

    def __init__(self, daemon):
        self.types, self.help, self.samples = {}, {}, {}
        answer = daemon.get("/metrics")
        assert answer.status == 200, answer.text
        assert answer.text.endswith("\n")
        family = None
        for line in answer.text.splitlines():
            if line.startswith("# HELP "):
                _, _, family, text = line.split(" ", 3)
                assert family not in self.help and text, line
                self.help[family] = text
            elif line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                assert name == family and name not in self.types, line
                self.types[name] = kind
            else:
                self.take(line, family)

    def take(self, line, family):
        match = SAMPLE.fullmatch(line)
        assert match, line
        name, labels, value = match.groups()
        suffixes = ("_bucket", "_sum", "_count") if self.types[family] == "histogram" else ("",)
        assert name in {family + s for s in suffixes}, f"{line} is not of {family}"
        key = frozenset(LABEL.findall(labels or ""))
        of_name = self.samples.setdefault(name, {})
        assert key not in of_name, f"{line} is there twice"
        of_name[key] = float(value)

    def value(self, name, **labels):
        return self.samples[name][frozenset(labels.items())]

    def total(self, name, **labels):
        """The sum of all samples that have these labels, whatever else they have."""
        wanted = set(labels.items())
        return sum(v for k, v in self.samples.get(name, {}).items() if wanted <= k)

    def names(self):
        return set(self.samples) | set(self.types)
