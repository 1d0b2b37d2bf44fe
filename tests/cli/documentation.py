# SPDX-License-Identifier: MIT
"""What the pages say, checked: documentation.py links SOURCE | commands SOURCE PROGRAM | blocks SOURCE PAGE FOLDER.

A block of commands says before it, in a comment, what is done with it:

    <!-- run -->             it is run as it stands, in a folder with small data, by a program that trains a little
    <!-- shown: reason -->   it is not run; its commands, options, experiments and keys are checked all the same
    <!-- tested by PATH -->  that test runs it, or the same

`<!-- commands shown: reason -->` or `tested by` near the top of a page is said of all blocks that say nothing
themselves.
"""
import pathlib
import re
import shlex
import subprocess
import sys

WORDS = ("vdib", "make", "cc", "ctest", "cmake", "source", "alias", "pip", "python", "python3", "bash", "sudo",
         "printf", "apt")
FOLDERS = ("bench/", "build/", "scripts/", "tests/")
MARK = re.compile(r"<!-- (run|shown: .+|tested by .+) -->$")


def pages(root):
    names = [root / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    return names + sorted(path for path in (root / "docs").rglob("*.md") if "site" not in path.parts)


class Block:
    def __init__(self, path, line, language, lines, mark):
        self.path, self.line, self.language, self.lines, self.mark = path, line, language, lines, mark

    def commands(self):
        """Whole commands, continued lines joined."""
        text = "\n".join(self.lines)
        return [line.strip() for line in re.sub(r"\\\n\s*", " ", text).split("\n") if line.strip()]

    def needs_mark(self):
        if self.language:
            return self.language in ("sh", "bash", "python")
        first = [command.split()[0] for command in self.commands()]
        return any(word in WORDS or word.startswith(FOLDERS) for word in first)

    def where(self):
        return f"{self.path}:{self.line}"


def end_of_block(lines, i):
    """Behind the block that begins at line i: a fence, or indented lines."""
    if lines[i].startswith("```"):
        return next(j for j in range(i + 1, len(lines)) if lines[j].startswith("```")) + 1
    j = i
    while j < len(lines) and (lines[j].startswith("    ") or not lines[j].strip()):
        j += 1
    while not lines[j - 1].strip():
        j -= 1
    return j


def blocks(path, root):
    lines, found, i, mark = path.read_text().split("\n"), [], 0, None
    name = path.relative_to(root)
    while i < len(lines):
        line = lines[i]
        fenced = line.startswith("```")
        if fenced or line.startswith("    ") and (i == 0 or not lines[i - 1].strip()):
            j = end_of_block(lines, i)
            body = lines[i + 1:j - 1] if fenced else [each[4:] for each in lines[i:j]]
            found.append(Block(name, i + 1, line[3:].strip() if fenced else "", body, mark))
            i, mark = j, None
            continue
        said = MARK.match(line)
        mark = said.group(1) if said else mark if not line.strip() else None
        i += 1
    return found


def page_reason(path):
    said = re.search(r"^<!-- commands (shown: .+|tested by .+) -->$", path.read_text(), re.M)
    return said.group(1) if said else None


# ---- links ----


def slugs(path):
    """The anchors of a page's headings, as GitHub and the site make them."""
    text, made = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.S | re.M), set()
    for heading in re.findall(r"^#+ (.+)$", text, re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")
        slug = re.sub(r"[^\w\- ]", "", plain.strip().lower()).replace(" ", "-")
        made.add(slug if slug not in made else f"{slug}-1")
    return made


def check_links(root):
    wrong, count = [], 0
    for path in pages(root):
        text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.S | re.M)
        text = re.sub(r"`[^`\n]*`", "", text)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            count += 1
            file, _, anchor = target.partition("#")
            to = (path.parent / file).resolve() if file else path
            if not to.exists():
                wrong.append(f"{path.relative_to(root)}: there is no {target}")
            elif anchor and to.suffix == ".md" and anchor not in slugs(to):
                wrong.append(f"{path.relative_to(root)}: {file or 'the page'} has no heading #{anchor}")
    index = root / "docs/site/index.md"
    for path in sorted((root / "docs").glob("*.md")) if index.exists() else ():
        if path.stem not in index.read_text().split("\n"):
            wrong.append(f"docs/site/index.md: does not list {path.stem}, so that the site has no way to {path.name}")
    return wrong, f"{count} links lead somewhere"


# ---- commands ----


class Program:
    """What the program knows."""

    def __init__(self, path):
        self.path, self.helps = path, {}
        self.keys = set(re.findall(r"^([a-z_]+(?:\.[a-z0-9_]+)?)$", self.say("help", "keys"), re.M))
        self.sections = {key.split(".")[0] for key in self.keys}
        self.experiments = set(re.findall(r"^\s*([a-z]+[a-z0-9/-]*)  ", self.say("experiments"), re.M))

    def say(self, *words):
        return subprocess.run([self.path, *words], check=True, capture_output=True, text=True).stdout

    def options(self, command):
        if command not in self.helps:
            done = subprocess.run([self.path, command, "--help"], capture_output=True, text=True)
            self.helps[command] = set(re.findall(r"--([a-z-]+)", done.stdout)) if done.returncode == 0 else None
        return self.helps[command]

    def key_problem(self, assignment):
        for key in assignment.split("=")[0].split(":"):
            if key not in self.keys and key not in self.sections:
                return f"there is no key '{key}'"
        return None

    def problem(self, words):
        """What is wrong with `vdib WORDS`, or None."""
        command, rest = words[0], words[1:]
        options = self.options(command)
        if options is None:
            return f"there is no command '{command}'"
        for i, word in enumerate(rest):
            name = word[2:].split("=")[0] if word.startswith("--") and len(word) > 2 else None
            if name and name not in options:
                return f"vdib {command} has no option --{name}"
            if name in ("set", "over"):
                value = word.split("=", 1)[1] if "=" in word else rest[i + 1]
                if not value.startswith("$") and self.key_problem(value):
                    return self.key_problem(value)
        return self.experiment_problem(command, rest)

    def experiment_problem(self, command, rest):
        name = rest[0] if rest else ""
        plain = re.fullmatch(r"[a-z][a-z0-9/-]*", name)
        if command in ("train", "sweep", "ridge") and plain and name not in self.experiments:
            return f"there is no experiment '{name}'"
        return None


def vdib_words(command):
    """The words of every call of vdib in a line of shell."""
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        words = command.split()
    calls, current = [], None
    for word in words:
        if word in ("|", "&&", ";", ">") or word.startswith((">", "<(")):
            current = None
        elif word == "vdib" and current is None:
            current = []
            calls.append(current)
        elif current is not None:
            current.append(word.rstrip(")"))
    return [call for call in calls if call]


def check_commands(root, program):
    wrong, counts = [], {"run": 0, "shown": 0, "tested": 0}
    calls = 0
    for path in pages(root):
        reason = page_reason(path)
        for block in blocks(path, root):
            if not block.needs_mark():
                continue
            mark = block.mark or reason
            if mark is None:
                wrong.append(f"{block.where()}: say before this block <!-- run --> or <!-- shown: why -->")
                continue
            counts[mark.split()[0].rstrip(":")] += 1
            if mark.startswith("tested by ") and not (root / mark[len("tested by "):]).exists():
                wrong.append(f"{block.where()}: there is no {mark[len('tested by '):]}")
            for command in block.commands():
                for words in vdib_words(command) if block.language != "python" else []:
                    calls += 1
                    problem = program.problem(words)
                    if problem:
                        wrong.append(f"{block.where()}: {problem}: {command}")
    return wrong, (f"{calls} commands of {counts['run']} blocks that run, {counts['shown']} shown, "
                   f"{counts['tested']} tested elsewhere")


def write_blocks(root, page, folder):
    """A shell script for every block of the page that runs."""
    count = 0
    for block in blocks(root / page, root):
        if block.mark == "run" and block.language != "python":
            count += 1
            (folder / f"{count:03}-line-{block.line}.sh").write_text("\n".join(block.lines) + "\n")
    print(count)


def main():
    what, root = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    if what == "blocks":
        write_blocks(root, sys.argv[3], pathlib.Path(sys.argv[4]))
        return
    if what == "pages":
        print("\n".join(str(path.relative_to(root)) for path in pages(root)))
        return
    wrong, done = check_links(root) if what == "links" else check_commands(root, Program(sys.argv[3]))
    print("\n".join(wrong) or done)
    sys.exit(bool(wrong))


main()
