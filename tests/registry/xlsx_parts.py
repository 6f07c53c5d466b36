"""Hand-made .xlsx archives for the tests: exact control over every XML part, which a library would not allow."""

import io
import zipfile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
PACKAGE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def parts(rows, *, sheet_extra="", shared="", names=("数据",), states=("visible",)):
    """The parts of a workbook as {name: text}; `rows` is the inner XML of the first sheet's sheetData."""
    sheets = "".join(
        f'<sheet name="{name}" sheetId="{i}" state="{state}" r:id="rId{i}"/>'
        for i, (name, state) in enumerate(zip(names, states, strict=True), start=1)
    )
    found = {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{PACKAGE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{PACKAGE}.sharedStrings+xml"/></Types>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{RELS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{RELS}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"{HEAD}<Relationships "
        'xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        + "".join(
            f'<Relationship Id="rId{i}" Type="{RELS}/worksheet" Target="worksheets/sheet{i}.xml"/>'
            for i in range(1, len(names) + 1)
        )
        + "</Relationships>",
        "xl/sharedStrings.xml": f'{HEAD}<sst xmlns="{MAIN}">{shared}</sst>',
        "xl/styles.xml": f'{HEAD}<styleSheet xmlns="{MAIN}"/>',
    }
    for i in range(1, len(names) + 1):
        inner = rows if i == 1 else ""
        found[f"xl/worksheets/sheet{i}.xml"] = (
            f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>{inner}</sheetData>{sheet_extra if i == 1 else ""}</worksheet>'
        )
    return found


def packed(found, *, level=6):
    """The archive of `parts` (text or bytes) as a binary file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, text in found.items():
            archive.writestr(name, text)
    target.seek(0)
    return target


def cell(ref, text):
    """A cell with text inside."""
    return f'<c r="{ref}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def row(number, *texts):
    """A row of text cells from column A on."""
    return (
        f'<row r="{number}">' + "".join(cell(f"{chr(65 + i)}{number}", text) for i, text in enumerate(texts)) + "</row>"
    )
