"""A messy folder, as people have them, and what leann-chunk is to make of each file.

    messy_folder.py DIR >expect.jsonl

Every file that is made has a line: {"path": percent-encoded, "needle": word, "want": "in" | "out" |
"root" | "archives", "why": part of what --explain says (out), "meta": {key: value of the passage
with the needle}}. A needle is a word that occurs in this file alone; "root": only root can read
it; "archives": in with --archives only. "absent" are words that may never be in a passage.
"""
import gzip, hashlib, io, json, os, socket, struct, sys, tarfile, urllib.parse, zipfile, zlib

top = os.fsencode(sys.argv[1])
n_files = 0


def needle():
    return "needle%04dx" % n_files


def say(path, want, needle, why="", meta=None, absent=None):
    global n_files
    n_files += 1
    line = {"path": urllib.parse.quote(path), "want": want, "needle": needle}
    if why:
        line["why"] = why
    if meta:
        line["meta"] = meta
    if absent:
        line["absent"] = absent
    print(json.dumps(line))


def put(path, data, want="in", why="", meta=None, absent=None, mode=None):
    """data: bytes, or a text in which {} stands for the needle."""
    path = os.fsencode(path)
    full = os.path.join(top, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    word = needle()
    if callable(data):
        data = data(word)
    if isinstance(data, str):
        data = data.replace("{}", word).encode()
    with open(full, "wb") as f:
        f.write(data)
    if mode is not None:
        os.chmod(full, mode)
    say(path, want, word, why, meta, absent)


def sentence(encoding, text="Grüße: die {} wächst in der Straße von Málaga und kostet 5 €.\n", bom=b""):
    return lambda word: bom + (text.replace("{}", word)).encode(encoding)


PROSE = "The {} grows where rivers bend, and people of the valley cook it with salt.\n"


# ---- encodings ----
def encodings():
    latin = "Grüße: die {} wächst in der Straße von Málaga, übrigens für Ärzte, ganz natürlich.\n"
    put("text/utf8.txt", sentence("utf-8"))
    put("text/utf8-bom.txt", sentence("utf-8", bom=b"\xef\xbb\xbf"))
    put("text/utf16le.txt", sentence("utf-16-le", bom=b"\xff\xfe"))
    put("text/utf16be.txt", sentence("utf-16-be", bom=b"\xfe\xff"))
    put("text/utf16le-code.c", sentence("utf-16-le", "/* {} */\nint main(void)\n{\n\treturn 0;\n}\n", b"\xff\xfe"))
    put("text/latin1.txt", sentence("latin-1", latin * 3))
    put("text/cp1252.txt", sentence("cp1252", "“Curly” quotes – and dashes – of {}; it’s 5 € each, isn’t it?\n"))
    put("text/broken-utf8.txt", lambda w: b"Some \xff\xfe broken \xc3( bytes " + w.encode() + b" \xe2\x82 end.\n" +
        "Täglich grüßt die Brücke.\n".encode() * 20)
    put("text/crlf.txt", "First line.\r\nThe {} is on the second.\r\nThird.\r\n")
    put("text/cr.txt", "First line.\rThe {} is on the second.\rThird.\r")
    put("text/no-newline.txt", "The {} has no newline at its end.")
    put("text/mixed-ends.txt", "one\r\ntwo {}\nthree\rfour\n")
    put("text/tabs.txt", "\t\t{}\t\tis between\ttabs\n")
    put("text/japanese.txt", "これは {} についての文章です。川の近くで育ちます。\n")
    put("text/arabic.txt", "ينمو {} قرب النهر ويطبخه الناس بالملح.\n")
    put("text/emoji.txt", "🎉 The {} party 🥳 was 👨‍👩‍👧‍👦 fine.\n")
    put("text/combining.txt", "Cafe\u0301 {} nai\u0308ve\n")
    put("text/bidi.txt", "safe \u202e{} \u202c text with \u200bzero\u200bwidth\n")
    put("text/escapes.txt", "plain \x1b[31m{} red\x1b[0m text that a terminal must not obey\n" + PROSE * 3)
    put("text/long-line.txt", ("word " * 20000) + "{} " + ("word " * 200) + "\n")
    put("text/long-word.txt", "start {} " + "x" * 5000 + " end\n")
    put("text/form-feed.txt", "page one\n\f{} on page two\n")
    put("text/empty.txt", b"", "out", "")
    put("text/blank.txt", b" \n\t\n  \n", "out", "")
    put("text/nul.txt", b"text \0\0\0 with NULs" * 40, "out", "binary")
    put("text/utf32.txt", sentence("utf-32-le", bom=b"\xff\xfe\0\0"), "out", "binary")
    put("text/random.txt", hashlib.shake_256(b"leann").digest(4000), "out", "binary")


# ---- names ----
def names():
    for name in ["with space.txt", "new\nline.txt", "tab\there.txt", "quote'double\".txt", "-leading-dash.txt",
                 "--list", "star*glob?.txt", "[bracket].txt", "{brace}.txt", "#hash.txt", "!bang.txt",
                 "back\\slash.txt", "semi;colon&and|pipe.txt", "$(touch owned).txt", "`tick`.txt",
                 "ünïcödé.txt", "日本語.md", "cafe\u0301.txt", "trailing space ", "trailing dot.", "%s%n%x.txt",
                 "colon:12.txt", "UPPER.TXT", "noextension", "two.dots.txt", "a" * 251 + ".txt",
                 "esc\x1b[31m.txt", "\u202egnp.txt", "con.txt", "NUL.md", "~tilde.txt", "=equals.txt", "@at.txt", "+plus+.txt"]:
        put(b"names/" + os.fsencode(name), PROSE)
    put(b"names/latin\xe4\xf6.txt", PROSE)
    put(b"names/\xff\xfe.txt", PROSE)
    put("names/" + "/".join("d%d" % i for i in range(60)) + "/deep.txt", PROSE)
    put("names/.hidden.txt", PROSE, "out", "hidden")
    put("names/.hidden/inside.txt", PROSE, "out", "hidden")
    put("names/backup.txt~", PROSE, "out", "ignore")


# ---- what ignore files and habits leave out ----
def ignored():
    put("proj/README.md", "# Project\n\n" + PROSE)
    put("proj/keep.log", PROSE)
    put("proj/drop.tmp", PROSE, "out", "*.tmp")
    put("proj/sub/drop.tmp", PROSE, "out", "*.tmp")
    put("proj/sub/keep.tmp", PROSE)
    put("proj/sub/private/secret.txt", PROSE, "out", "private/")
    put("proj/logs/a.txt", PROSE, "out", "/logs")
    put("proj/sub/logs/a.txt", PROSE)
    put("proj/by-ignore.txt", PROSE, "out", "by-ignore.txt")
    put("proj/by-leannignore.txt", PROSE, "out", "by-leannignore.txt")
    put("proj/node_modules/x/index.js", "// {}\n", "out", "node_modules")
    put("proj/__pycache__/x.py", "# {}\n", "out", "__pycache__")
    put("proj/build/out.txt", PROSE, "out", "build")
    put("proj/package-lock.json", '{"{}": 1}\n', "out", "package-lock.json")
    put("proj/app.min.js", "var a='{}';\n", "out", "min.js")
    put("proj/app.js.map", '{"x": "{}"}\n', "out", "map")
    put("repo/.git/config", "[x]\n\t{} = 1\n", "out", "")
    put("proj/cache/CACHEDIR.TAG", b"Signature: 8a477f597d28d172789f06886806bc55\n", "out", "")
    put("proj/cache/thing.txt", PROSE, "out", "CACHEDIR.TAG")
    put("proj/venv/pyvenv.cfg", b"home = /usr/bin\n", "out", "")
    put("proj/venv/thing.py", "# {}\n", "out", "pyvenv.cfg")
    for path, text in [("proj/Makefile", "all:\n"), ("proj/.gitignore", "*.tmp\n/logs\nprivate/\n"),
                       ("proj/sub/.gitignore", "!keep.tmp\n"), ("proj/.ignore", "by-ignore.txt\n"),
                       ("proj/.leannignore", "by-leannignore.txt\n")]:
        with open(os.path.join(top, os.fsencode(path)), "w") as f:
            f.write(text)


# ---- links and special files ----
def links():
    put("links/real.txt", PROSE)
    put("links/dir/inside.txt", PROSE)
    full = os.path.join(top, b"links")
    for name, to in [("to-real.txt", "real.txt"), ("to-dir", "dir"), ("dangling.txt", "nowhere"), ("self", "self"),
                     ("loop", "."), ("up", ".."), ("outside.txt", "/etc/hostname"), ("etc", "/etc")]:
        os.symlink(to, os.path.join(full, os.fsencode(name)))
        say(b"links/" + os.fsencode(name), "out", "", "symbolic link")
    os.mkfifo(os.path.join(full, b"fifo.txt"))
    say(b"links/fifo.txt", "out", "", "FIFO")
    here = os.getcwd()
    os.chdir(full)
    socket.socket(socket.AF_UNIX).bind("sock.txt")
    os.chdir(here)
    say(b"links/sock.txt", "out", "", "socket")
    os.link(os.path.join(full, b"real.txt"), os.path.join(full, b"hard.txt"))
    put("links/unreadable.txt", PROSE, "root", mode=0o000)
    put("links/closed/inside.txt", PROSE, "root")
    os.chmod(os.path.join(full, b"closed"), 0o000)


# ---- what machines wrote ----
def generated():
    put("gen/api_pb2.py", "# Generated by the protocol buffer compiler.  DO NOT EDIT!\n# source: {}.proto\nimport x\n", "out", "generated")
    put("gen/api.pb.go", "// Code generated by protoc-gen-go. DO NOT EDIT.\npackage api // {}\n", "out", "generated")
    put("gen/y.tab.c", "/* A Bison parser, made by GNU Bison 3.8.2.  */\n/* DO NOT RELY ON FEATURES */\nint {};\n", "out", "generated")
    put("gen/Model.java", "/** @generated SignedSource<<0123>> */\nclass {} {}\n", "out", "generated")
    put("gen/bundle.js", lambda w: ("!function(){var %s=1;" % w + "function a(b,c){return b+c}var d=a(1,2);" * 900 + "}()").encode() + b"\n", "out", "minified")
    put("gen/style.css", lambda w: (".%s{color:red}" % w + ".a{margin:0;padding:0}.b>c{top:1px}" * 900).encode() + b"\n", "out", "minified")
    put("gen/numbers.csv", lambda w: ("t,x,%s\n" % w + "".join("%d,%d.5,%d\n" % (i, i * 7 % 1000, i * 13 % 977) for i in range(4000))).encode(), "out", "numbers")
    put("gen/key.txt", lambda w: ("%s\n" % w + "".join(__import__("base64").b64encode(hashlib.sha512(bytes([i])).digest()).decode()[:76] + "\n" for i in range(200))).encode(), "out", "base64")
    put("gen/not-generated.py", '"""Tools that warn about files that say DO NOT EDIT: the {}."""\n\ndef warn(path):\n    """Print path when its first line says that it was generated."""\n    print(path)\n')
    put("gen/licence-and-code.c", "/*\n * Permission is hereby granted, free of charge, to any person obtaining a copy\n * of this software and associated documentation files (the \"Software\"), to deal\n * in the Software without restriction.\n * THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND.\n */\n/* Adds the {} to a sum. */\nint add(int a, int b)\n{\n\treturn a + b;\n}\n", meta={"symbol": "add"})


# ---- documents ----
def pdf(pages, encrypt=False):
    """A small PDF whose pages are lists of lines."""
    def make(word):
        objs = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
        kids = []
        font = 3
        objs.append(b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
        for lines in pages:
            text = b"BT /F1 12 Tf 72 700 Td 14 TL " + b" ".join(
                b"(" + l.replace("{}", word).encode("latin-1").replace(b"(", b"\\(").replace(b")", b"\\)") + b") Tj T*" for l in lines) + b" ET"
            z = zlib.compress(text)
            objs.append(b"<</Length %d/Filter/FlateDecode>>stream\n" % len(z) + z + b"\nendstream")
            objs.append(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents %d 0 R/Resources<</Font<</F1 %d 0 R>>>>>>" % (len(objs), font))
            kids.append(len(objs))
        objs[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(b"%d 0 R" % k for k in kids))
        out, at = b"%PDF-1.4\n", []
        for i, o in enumerate(objs, 1):
            at.append(len(out))
            out += b"%d 0 obj\n" % i + o + b"\nendobj\n"
        xref = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objs) + 1) + b"".join(b"%010d 00000 n \n" % a for a in at)
        extra = b"/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]"
        if encrypt:  # nobody has the password: the keys are noise
            extra += b"/Encrypt<</Filter/Standard/V 1/R 2/O<" + b"5a" * 32 + b">/U<" + b"a5" * 32 + b">/P -4>>"
        out += b"trailer<</Size %d/Root 1 0 R" % (len(objs) + 1) + extra + b">>\nstartxref\n%d\n%%%%EOF\n" % xref
        return out
    return make


def zipped(members, first=None):
    def make(word):
        b = io.BytesIO()
        with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as z:
            if first:
                z.writestr(zipfile.ZipInfo(first[0]), first[1])
            for name, text in members:
                z.writestr(name, text(word) if callable(text) else text.replace("{}", word))
        return b.getvalue()
    return make


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
CT = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def docx(*paras):
    body = "".join('<w:p>%s<w:r><w:t>%s</w:t></w:r></w:p>' % (
        '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>' if p.startswith("# ") else "", p[2:] if p.startswith("# ") else p) for p in paras)
    return zipped([("[Content_Types].xml", CT), ("word/document.xml", '<?xml version="1.0"?><w:document %s><w:body>%s</w:body></w:document>' % (W, body)),
                   ("docProps/core.xml", '<?xml version="1.0"?><cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>Ada Writer</dc:creator><dc:title>A report</dc:title></cp:coreProperties>')])


def odt(text):
    return zipped([("content.xml", '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text><text:h text:outline-level="1">Harvest</text:h><text:p>%s</text:p></office:text></office:body></office:document-content>' % text)],
                  ("mimetype", "application/vnd.oasis.opendocument.text"))


def pptx(*slides):
    A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
    return zipped([("[Content_Types].xml", CT)] + [("ppt/slides/slide%d.xml" % i, '<?xml version="1.0"?><p:sld %s><p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r><a:t>%s</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>' % (A, t)) for i, t in enumerate(slides, 1)])


def xlsx(*rows):
    S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    strings = [c for r in rows for c in r]
    cells, i = "", 0
    for y, r in enumerate(rows, 1):
        cells += '<row r="%d">' % y
        for x, _ in enumerate(r):
            cells += '<c r="%s%d" t="s"><v>%d</v></c>' % (chr(65 + x), y, i)
            i += 1
        cells += "</row>"
    R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    return zipped([("[Content_Types].xml", CT),
                   ("xl/workbook.xml", '<?xml version="1.0"?><workbook %s %s><sheets><sheet name="Prices" sheetId="1" r:id="rId1"/></sheets></workbook>' % (S, R)),
                   ("xl/_rels/workbook.xml.rels", '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="worksheet" Target="worksheets/sheet1.xml"/></Relationships>'),
                   ("xl/sharedStrings.xml", '<?xml version="1.0"?><sst %s>%s</sst>' % (S, "".join("<si><t>%s</t></si>" % s for s in strings))),
                   ("xl/worksheets/sheet1.xml", '<?xml version="1.0"?><worksheet %s><sheetData>%s</sheetData></worksheet>' % (S, cells))])


def epub(*chapters):
    man = "".join('<item id="c%d" href="c%d.xhtml" media-type="application/xhtml+xml"/>' % (i, i) for i in range(len(chapters)))
    spine = "".join('<itemref idref="c%d"/>' % i for i in range(len(chapters)))
    return zipped([("META-INF/container.xml", '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles><rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'),
                   ("OEBPS/content.opf", '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>River book</dc:title><dc:creator>Bo Author</dc:creator></metadata><manifest>%s</manifest><spine>%s</spine></package>' % (man, spine))] +
                  [("OEBPS/c%d.xhtml" % i, '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body><h1>Chapter %d</h1><p>%s</p></body></html>' % (i + 1, t)) for i, t in enumerate(chapters)],
                  ("mimetype", "application/epub+zip"))


def mail(word, sender="Cleo <cleo@example.org>", subject="Bread", body=None):
    return ("From: %s\r\nTo: dan@example.org\r\nDate: Tue, 03 Mar 2026 10:00:00 +0000\r\nSubject: %s\r\nMessage-ID: <%s@x>\r\n\r\n%s" % (
        sender, subject, word, body or "Dear Dan, the %s rises slowly.\r\n" % word)).encode()


def mbox(*bodies):
    return lambda word: b"".join(b"From cleo@example.org Tue Mar  3 10:00:00 2026\n" + mail("m%d" % i, subject="Letter %d" % (i + 1), body=b.replace("{}", word) + "\n").replace(b"\r\n", b"\n") + b"\n" for i, b in enumerate(bodies))


def documents():
    b64 = __import__("base64").b64encode
    put("docs/paper.pdf", pdf([["A first page about rivers and valleys."], ["The second page tells of {} and salt."]]), meta={"page": 2})
    put("docs/encrypted.pdf", pdf([["The {} cannot be read."]], encrypt=True), "out", "")
    put("docs/truncated.pdf", lambda w: pdf([["The {} was cut off here."]])(w)[:120], "out", "")
    put("docs/not-a.pdf", b"\x89\x00\x01 this is no PDF at all" * 20, "out", "")
    put("docs/report.docx", docx("# Summary", "The {} was served with salt."), meta={"heading": "Summary"})
    put("docs/damaged.docx", lambda w: docx("The {} is damaged.")(w)[:200], "out", "")
    put("docs/old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "out", "")
    put("docs/locked.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") + bytes(600), "out", "")
    put("docs/letter.odt", odt("The {} is in the harvest."), meta={"heading": "Harvest"})
    put("docs/talk.pptx", pptx("Welcome to the talk.", "The {} is on slide two."), meta={"slide": 2})
    put("docs/prices.xlsx", xlsx(["name", "price"], ["{}", "seven"]))
    put("docs/book.epub", epub("It begins at the river.", "Then the {} came."), meta={"heading": "Chapter 2"})
    put("docs/page.html", "<html><head><title>Page</title><style>.absentstyle{}</style><script>var absentscript=1</script></head><body><h1>Kitchen</h1><p>The {} is <b>baked</b> &amp; served.</p></body></html>", meta={"heading": "Kitchen"}, absent=["absentscript", "absentstyle"])
    put("docs/latin1.html", lambda w: ("<html><head><meta charset=\"iso-8859-1\"></head><body><p>Die %s wächst für Ärzte.</p></body></html>" % w).encode("latin-1"))
    put("docs/utf16.html", lambda w: ("<html><body><p>Die %s wächst.</p></body></html>" % w).encode("utf-16"))
    put("docs/broken.html", "<html><body><p>The {} <b>is <i>unclosed<table><tr><td>cell")
    put("docs/page.xhtml", '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>The {} is strict.</p></body></html>')
    put("docs/notebook.ipynb", lambda w: json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "markdown", "metadata": {}, "source": ["# Study\n"]}, {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": ["def bake():\n", "    return '%s'\n" % w], "outputs": [{"output_type": "display_data", "metadata": {}, "data": {"image/png": "absentimage" + "A" * 400}}]}]}).encode(), absent=["absentimage"])
    put("docs/broken.ipynb", b'{"cells": [{"cell_type": "code", "source": ["x', "out", "")
    put("mail/simple.eml", lambda w: mail(w), meta={"subject": "Bread"})
    put("mail/base64.eml", lambda w: b"From: a@example.org\nSubject: =?UTF-8?B?" + b64("Grüße".encode()) + b"?=\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" + b64(("Die %s wächst.\n" % w).encode()) + b"\n", meta={"subject": "Grüße"})
    put("mail/quoted.eml", lambda w: b"From: a@example.org\nSubject: q\nMIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nDie " + w[:6].encode() + b"=\n" + w[6:].encode() + b" w=E4chst.\n")
    put("mail/multipart.eml", lambda w: b"From: a@example.org\nSubject: m\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=XX\n\n--XX\nContent-Type: text/plain\n\nThe " + w.encode() + b" in plain.\n--XX\nContent-Type: text/html\n\n<p>absenthtml</p>\n--XX--\n", absent=["absenthtml"])
    put("mail/html-only.eml", lambda w: b"From: a@example.org\nSubject: h\nMIME-Version: 1.0\nContent-Type: text/html\n\n<html><body><p>The " + w.encode() + b" in markup.</p></body></html>\n")
    put("mail/attachment.eml", lambda w: b"From: a@example.org\nSubject: att\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=YY\n\n--YY\nContent-Type: text/plain\n\nSee the " + w.encode() + b".\n--YY\nContent-Type: application/octet-stream; name=x.bin\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=x.bin\n\n" + b64(b"absentattachment" * 30) + b"\n--YY--\n", absent=[b64(b"absentattachment" * 30).decode()[:20]])
    put("mail/inbox.mbox", mbox("Nothing here.", "The {} is in the second.", "Bye."), meta={"subject": "Letter 2"})
    put("mail/Maildir/cur/1700000000.M1P2.host:2,S", lambda w: mail(w, subject="In a Maildir"), meta={"subject": "In a Maildir"})
    put("mail/Maildir/new/1700000001.M1P3.host", lambda w: mail(w, subject="New one"), meta={"subject": "New one"})
    put("mail/truncated.eml", lambda w: b"From: a@example.org\nSubject: t\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=ZZ\n\n--ZZ\nContent-Type: text/plain\n\nThe " + w.encode() + b" ends he")


def archives():
    put("arch/a.zip", zipped([("inner/note.txt", "The {} is inside a zip.\n")]), "archives", meta={"member": "inner/note.txt"})
    def tarball(mode):
        def make(word):
            b = io.BytesIO()
            with tarfile.open(fileobj=b, mode=mode) as t:
                for name, text in [("x/note.md", "# T\n\nThe %s is inside a tar.\n" % word), ("../escape.txt", "absentescape"), ("/abs.txt", "absentabsolute")]:
                    i = tarfile.TarInfo(name)
                    i.size = len(text)
                    t.addfile(i, io.BytesIO(text.encode()))
                i = tarfile.TarInfo("link")
                i.type, i.linkname = tarfile.SYMTYPE, "/etc/passwd"
                t.addfile(i)
            return b.getvalue()
        return make
    put("arch/b.tar", tarball("w"), "archives", meta={"member": "x/note.md"})
    put("arch/c.tar.gz", tarball("w:gz"), "archives", meta={"member": "x/note.md"})
    put("arch/d.tar.xz", tarball("w:xz"), "archives", meta={"member": "x/note.md"})
    put("arch/nested.zip", zipped([("in.zip", zipped([("n.txt", "The {} is two deep.\n")]))]), "archives")
    put("arch/doc-inside.zip", zipped([("r.docx", docx("The {} is in a document in a zip."))]), "archives", meta={"member": "r.docx"})
    put("arch/damaged.zip", lambda w: zipped([("n.txt", "The {} is lost.\n")])(w)[:40], "out", "")
    put("arch/bomb.zip", zipped([("zeros.txt", "0" * (50 << 20))]), "out", "")
    put("arch/page.1.gz", lambda w: gzip.compress((".TH X 1\n.SH NAME\nx \\- about the %s\n" % w).encode(), mtime=0))


# ---- code, notes and data that are read as they are ----
CODE = {
    "a.c": "/* {} */\nint alpha(int x)\n{\n\treturn x;\n}\n", "b.cpp": "// {}\nclass Beta { public: int gamma() { return 1; } };\n",
    "c.py": '"""{}"""\n\ndef gamma(x):\n    return x\n', "d.js": "// {}\nfunction delta(x) { return x; }\n",
    "e.ts": "// {}\nexport function eps(x: number): number { return x; }\n", "f.go": "// {}\npackage main\n\nfunc Zeta() int { return 1 }\n",
    "g.rs": "/// {}\nfn eta() -> i32 { 1 }\n", "h.java": "// {}\nclass Theta { int iota() { return 1; } }\n",
    "i.rb": "# {}\ndef iota\n  1\nend\n", "j.php": "<?php\n// {}\nfunction kappa() { return 1; }\n", "k.sh": "#!/bin/sh\n# {}\nlambda() { echo 1; }\n",
    "l.pl": "# {}\nsub mu { return 1; }\n", "m.lua": "-- {}\nfunction nu() return 1 end\n", "n.hs": "-- | {}\nxi :: Int\nxi = 1\n",
    "o.ml": "(* {} *)\nlet omicron = 1\n", "p.scala": "// {}\nobject Pi { def rho = 1 }\n", "q.kt": "// {}\nfun sigma() = 1\n",
    "r.swift": "// {}\nfunc tau() -> Int { 1 }\n", "s.cs": "// {}\nclass Ups { int Phi() { return 1; } }\n", "t.sql": "-- {}\nSELECT 1;\n",
    "u.r": "# {}\nchi <- function(x) x\n", "v.jl": "# {}\nfunction psi(x) x end\n", "w.el": ";; {}\n(defun omega () 1)\n",
    "x.clj": "; {}\n(defn aa [] 1)\n", "y.ex": "# {}\ndefmodule Bb do\nend\n", "z.erl": "% {}\n-module(z).\n", "aa.zig": "// {}\nfn cc() i32 { return 1; }\n",
    "bb.f90": "! {}\nprogram dd\nend program\n", "cc.asm": "; {}\nmov eax, 1\n", "dd.v": "// {}\nmodule ee; endmodule\n",
    "Makefile": "# {}\nall:\n\techo 1\n", "Dockerfile": "# {}\nFROM scratch\n", "CMakeLists.txt": "# {}\nproject(x)\n",
    "a.yaml": "# {}\nkey: value\n", "a.toml": "# {}\n[x]\ny = 1\n", "a.ini": "; {}\n[x]\ny=1\n", "a.json": '{"note": "{}"}\n', "a.xml": "<a><b>{}</b></a>\n",
    "a.css": "/* {} */\n.x { color: red; }\n", "a.proto": "// {}\nmessage X {}\n", "a.tf": "# {}\nvariable \"x\" {}\n", "a.nix": "# {}\n{ x = 1; }\n",
    "run-me": "#!/usr/bin/env python3\n# {}\nprint(1)\n", "a.diff": "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+{}\n", "a.jsonl": '{"text": "{}"}\n{"text": "b"}\n',
    "a.csv": "name,dish\nAda,{}\nBo,soup\n", "a.tsv": "name\tdish\nAda\t{}\n",
}
NOTES = {
    "n.md": "---\ntitle: Note\n---\n# One\n\n## Two\n\nThe {} is under two.\n", "n.rst": "Title\n=====\n\nThe {} is here.\n",
    "n.org": "* Head\n** Sub\nThe {} is here.\n", "n.adoc": "= Doc\n\n== Part\n\nThe {} is here.\n",
    "n.tex": "\\documentclass{article}\n\\begin{document}\n\\section{Intro}\nThe {} is here.\n\\end{document}\n",
    "n.1": ".TH N 1\n.SH NAME\nn \\- the {}\n", "n.txt": PROSE, "NEWS": PROSE, "TODO": PROSE, "n.bib": "@book{x, title={The {}}}\n",
    "n.vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\nThe {} speaks.\n", "n.srt": "1\n00:00:01,000 --> 00:00:02,000\nThe {} speaks.\n", "n.log": "2026-01-01 error {}\n",
}


def live():
    for name, text in CODE.items():
        put("code/" + name, text)
    for name, text in NOTES.items():
        put("notes/" + name, text)


def binaries():
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + bytes(40)
    for name, data in [("a.png", png), ("a.jpg", b"\xff\xd8\xff\xe0" + bytes(100)), ("a.gif", b"GIF89a" + bytes(100)), ("a.mp3", b"ID3" + bytes(100)),
                       ("a.mp4", b"\0\0\0\x18ftypmp42" + bytes(100)), ("a.so", b"\x7fELF" + bytes(100)), ("a.pyc", bytes(100)), ("a.sqlite", b"SQLite format 3\0" + bytes(100)),
                       ("a.woff2", b"wOF2" + bytes(100)), ("a.class", b"\xca\xfe\xba\xbe" + bytes(100)), ("a.wasm", b"\0asm" + bytes(100)), ("a.npy", b"\x93NUMPY" + bytes(100)),
                       ("a.o", b"\x7fELF" + bytes(100)), ("binary-without-name", b"\x7fELF" + bytes(1000)), ("fake.txt", png)]:
        put("bin/" + name, data, "out", "")
    with open(os.path.join(top, b"bin/huge.txt"), "wb") as f:
        f.truncate(3 << 30)
    say(b"bin/huge.txt", "out", "", "max-filesize")


os.makedirs(top, exist_ok=True)
for part in (encodings, names, ignored, links, generated, documents, archives, live, binaries):
    part()
