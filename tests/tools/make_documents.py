#!/usr/bin/env python3
"""make_documents.py DIR: documents of every kind, and hostile ones, for the tests; needs nothing but Python."""
import gzip, io, json, os, sys, tarfile, zipfile, zlib

NEEDLE = {
    "page.html": "the lighthouse keeper counts herring gulls",
    "notes.ipynb": "gradient descent walks down the hill",
    "paper.pdf": "barnacles prefer the shaded side of the hull",
    "letter.docx": "the orchard lease ends at Michaelmas",
    "report.odt": "copper roofs turn green within twenty years",
    "talk.pptx": "penguins huddle in rotating circles",
    "table.xlsx": "tangerine marmalade",
    "sheet.ods": "rhubarb compote",
    "book.epub": "the cartographer forgot the island on purpose",
    "letter.eml": "the ferry timetable changes in März",
    "box.mbox": "the violin needs new strings",
    "tool.1.gz": "unwinds every coil of rope",
}


def put(z, name, data):
    z.writestr(zipfile.ZipInfo(name, (2026, 1, 5, 0, 0, 0)), data, z.compression)


def zipped(members, **kw):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED, **kw) as z:
        for name, data in members.items():
            put(z, name, data)
    return b.getvalue()


def pdf(pages, extra="", broken=False):
    """A PDF of pages, each a list of lines, by hand."""
    objs = ["<< /Type /Catalog /Pages 2 0 R >>", None, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            "<< /Title (On Barnacles) /Author (A. Carrell) /CreationDate (D:20260105101112Z) >>"]
    kids = []
    for lines in pages:
        text = "BT /F1 12 Tf 72 720 Td 14 TL " + " ".join(f"({l}) Tj T*" for l in lines) + " ET"
        objs.append(f"<< /Length {len(text)} >>\nstream\n{text}\nendstream")
        objs.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objs)} 0 R "
                    "/Resources << /Font << /F1 3 0 R >> >> >>")
        kids.append(f"{len(objs)} 0 R")
    objs[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>"
    out, at = b"%PDF-1.4\n", []
    for i, o in enumerate(objs, 1):
        at.append(len(out))
        out += f"{i} 0 obj\n{o}\nendobj\n".encode()
    xref = len(out)
    out += f"xref\n0 {len(objs) + 1}\n0000000000 65535 f \n".encode()
    out += "".join(f"{a:010} 00000 n \n" for a in at).encode()
    return out + f"trailer << /Size {len(objs) + 1} /Root 1 0 R /Info 4 0 R {extra} >>\nstartxref\n{xref}\n%%EOF\n".encode()


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
CORE = ('<cp:coreProperties xmlns:cp="c" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="t">'
        '<dc:title>{}</dc:title><dc:creator>Ada Writer</dc:creator><dcterms:modified>2026-01-05T10:11:12Z</dcterms:modified>'
        '</cp:coreProperties>')


def docx(text):
    return zipped({
        "[Content_Types].xml": "<Types/>",
        "word/styles.xml": f'<w:styles {W}><w:style w:styleId="berschrift1"><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style></w:styles>',
        "word/document.xml": f'<w:document {W}><w:body><w:p><w:pPr><w:pStyle w:val="berschrift1"/></w:pPr><w:r><w:t>Lease</w:t></w:r></w:p>'
        f'<w:p><w:r><w:t xml:space="preserve">We write that </w:t></w:r><w:r><w:t>{text}.</w:t></w:r><w:del><w:r><w:t>gone</w:t></w:r></w:del></w:p>'
        '<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Apples</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>12</w:t></w:r></w:p></w:tc></w:tr></w:tbl>'
        '</w:body></w:document>',
        "docProps/core.xml": CORE.format("The Lease")})


def odf(body, mime):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w") as z:
        put(z, "mimetype", mime)
        put(z, "content.xml", f'<office:document-content xmlns:office="o" xmlns:text="t" xmlns:table="b" xmlns:draw="d"><office:body>{body}</office:body></office:document-content>')
        put(z, "meta.xml", '<office:document-meta xmlns:office="o" xmlns:dc="d"><office:meta><dc:title>Roofs</dc:title><dc:creator>Ada Writer</dc:creator><dc:date>2026-01-05</dc:date></office:meta></office:document-meta>')
    return b.getvalue()


def pptx(text):
    def slide(title, body):
        return ('<p:sld xmlns:p="p" xmlns:a="a"><p:cSld><p:spTree>'
                f'<p:sp><p:nvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>{title}</a:t></a:r></a:p></p:txBody></p:sp>'
                f'<p:sp><p:txBody><a:p><a:r><a:t>{body}</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>')
    return zipped({"ppt/slides/slide1.xml": slide("Birds", "An introduction to birds."),
                   "ppt/slides/slide2.xml": slide("Cold", f"In winter {text}."), "docProps/core.xml": CORE.format("Penguins")})


def xlsx(text):
    return zipped({
        "xl/workbook.xml": '<workbook xmlns:r="r"><sheets><sheet name="Pantry" sheetId="1" r:id="rId7"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="rId7" Target="worksheets/sheet3.xml"/></Relationships>',
        "xl/sharedStrings.xml": f"<sst><si><t>Jar</t></si><si><r><t>{text[:5]}</t></r><r><t>{text[5:]}</t></r></si></sst>",
        "xl/worksheets/sheet3.xml": '<worksheet><sheetData><row><c t="s"><v>0</v></c><c t="inlineStr"><is><t>Count</t></is></c></row>'
        '<row><c t="s"><v>1</v></c><c><v>42</v></c></row></sheetData></worksheet>',
        "docProps/core.xml": CORE.format("Pantry")})


def epub(text):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w") as z:
        put(z, "mimetype", "application/epub+zip")
        put(z, "META-INF/container.xml", '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>')
        put(z, "OEBPS/book.opf", '<package xmlns:dc="d"><metadata><dc:title>Maps</dc:title><dc:creator>Ada Writer</dc:creator></metadata>'
                   '<manifest><item id="b" href="two%20.xhtml"/><item id="a" href="one.xhtml"/></manifest><spine><itemref idref="a"/><itemref idref="b"/></spine></package>')
        put(z, "OEBPS/one.xhtml", "<html><body><h1>One</h1><p>It begins.</p></body></html>")
        put(z, "OEBPS/two .xhtml", f"<html><body><h1>Two</h1><p>Once {text}.</p></body></html>")
    return b.getvalue()


def mail(subject, text, extra=""):
    return (f"From: =?utf-8?q?J=C3=BCrgen_Boat?= <j@example.org>\nTo: me@example.org\nSubject: {subject}\n"
            f"Date: Sun, 22 Nov 2026 10:11:12 +0100\nMIME-Version: 1.0\n{extra}\n{text}\n").encode("latin-1")


def good():
    n = NEEDLE
    html = ("<!doctype html><html><head><meta charset=utf-8><title>Gulls</title><meta name=author content='Ada Writer'><style>p { color: red }</style></head><body><nav>Home Contact</nav>"
            f"<h1>Birds &amp; boats</h1><p>Every   morning\n{n['page.html']}.<script>track()</script></p><ul><li>one<li>two</ul><table><tr><th>Bird<th>Count<tr><td>Gull<td>7</table><pre># not a heading\n  indented</pre></body></html>")
    nb = {"nbformat": 4, "metadata": {"kernelspec": {"language": "python"}}, "cells": [
        {"cell_type": "markdown", "source": ["# Walks\n", "Here " + n["notes.ipynb"] + "."]},
        {"cell_type": "code", "source": "def step(x):\n    return x - 0.1", "outputs": []},
        {"cell_type": "markdown", "source": "## Done"}]}
    boundary = ("--b1\nContent-Type: multipart/alternative; boundary=\"b2\"\n\n--b2\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n"
                + n["letter.eml"].replace("ä", "=E4") + ".\n--b2\nContent-Type: text/html\n\n<p>html twin</p>\n--b2--\n"
                "--b1\nContent-Type: application/pdf; name=\"plan.pdf\"\nContent-Disposition: attachment; filename=\"plan.pdf\"\nContent-Transfer-Encoding: base64\n\nAAAA\n--b1--\n")
    box = (b"From a@example.org Sun Nov 22 10:00:00 2026\n" + mail("Hello", "first message\n\nFrom here on it is prose, not a message.\n>From quoted")
           + b"\nFrom b@example.org Sun Nov 22 11:00:00 2026\n" + mail("Strings", n["box.mbox"] + "."))
    return {
        "page.html": html.encode(), "notes.ipynb": json.dumps(nb).encode(),
        "paper.pdf": pdf([["An introduction", "to marine bio-", "logy."], [n["paper.pdf"] + "."]]),
        "letter.docx": docx(n["letter.docx"]),
        "report.odt": odf(f'<office:text><text:h text:outline-level="2">Metal</text:h><text:p>As we know,<text:s text:c="2"/>{n["report.odt"]}.</text:p></office:text>', "application/vnd.oasis.opendocument.text"),
        "talk.pptx": pptx(n["talk.pptx"]), "table.xlsx": xlsx(n["table.xlsx"]),
        "sheet.ods": odf(f'<office:spreadsheet><table:table table:name="Jars"><table:table-row><table:table-cell><text:p>{n["sheet.ods"]}</text:p></table:table-cell><table:table-cell><text:p>9</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet>', "application/vnd.oasis.opendocument.spreadsheet"),
        "book.epub": epub(n["book.epub"]),
        "letter.eml": mail("=?iso-8859-1?q?F=E4hre?=", boundary, 'Content-Type: multipart/mixed; boundary="b1"\n'),
        "box.mbox": box,
        "tool.1.gz": gzip.compress(f".TH TOOL 1\n.SH NAME\ntool \\- {n['tool.1.gz']}\n".encode(), mtime=0),
        "Maildir/cur/1234.host:2,S": mail("Maildir", "the lamp oil is in the cellar."),
    }


def bad():
    lol = "<!DOCTYPE l [<!ENTITY a 'lollollol'>" + "".join(
        f"<!ENTITY {chr(98 + i)} '{('&' + chr(97 + i) + ';') * 10}'>" for i in range(9)) + "]>"
    locked = bytearray(zipped({"word/document.xml": "<x/>"}))
    for sig, off in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        locked[locked.index(sig) + off] |= 1
    return {
        "cut.pdf": pdf([["never seen"]])[:200], "locked.pdf": pdf([["secret"]], "/Encrypt << /Filter /Standard /V 1 /R 2 /O (" + "x" * 32 + ") /U (" + "y" * 32 + ") /P -4 >> /ID [<00><00>]"),
        "cut.docx": docx("x")[:300], "locked.docx": bytes(locked), "empty.docx": b"", "zip.docx": zipped({"a.txt": "no document"}),
        "bomb.docx": zipped({"word/document.xml": b" " * (80 << 20)}),
        "lol.docx": zipped({"word/document.xml": f'{lol}<w:document {W}><w:body><w:p><w:r><w:t>&j;</w:t></w:r></w:p></w:body></w:document>'}),
        "deep.html": b"<div>" * 100000 + b"deep", "bad.ipynb": b"{", "deep.ipynb": b"[" * 100000,
        "noise.pdf": b"%PDF-1.7\n" + bytes((i * 7919 >> 3) % 256 for i in range(50000)),
        "noise.gz": gzip.compress(bytes((i * 7919 >> 3) % 256 for i in range(50000)), mtime=0),
        "cut.gz": gzip.compress(b"text " * 90000, mtime=0)[:100],
        "bomb.gz": gzip.compress(b"bomb " * (12 << 20), mtime=0),
        "endless.eml": mail("Deep", "".join(f"--b{i}\nContent-Type: multipart/mixed; boundary=b{i + 1}\n\n" for i in range(5000)), "Content-Type: multipart/mixed; boundary=b0\n"),
        "cut.epub": epub("x")[:400],
    }


def archives():
    inner = zipped({"deep/letter.docx": docx("the pear tree was grafted twice"), "../escape.txt": "escape goat", "a.bin": b"\0" * 100})
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w:gz") as t:
        def add(name, data, **kw):
            i = tarfile.TarInfo(name)
            i.size = len(data)
            for k, v in kw.items():
                setattr(i, k, v)
            t.addfile(i, io.BytesIO(data))
        add("notes/moss.txt", b"Moss grows on the north wall.\n")
        add("link", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")
        add("inner.zip", inner)
    nest = zipped({"a.txt": "bottom"})
    for i in range(6):
        nest = zipped({f"{i}.zip": nest})
    return {"pack.tar.gz": b.getvalue(), "nest.zip": nest, "loose.zip": inner}


def write(top, files):
    for name, data in files.items():
        path = os.path.join(top, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)


if __name__ == "__main__":
    top = sys.argv[1]
    for what in sys.argv[2:] or ["good"]:
        write(top, {"good": good, "bad": bad, "archives": archives}[what]())
