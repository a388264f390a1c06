"""Compares how many pages a second are read with pdfplumber (digital PDFs) and pytesseract (scans), on the same files in one run.

    apt-get install tesseract-ocr tesseract-ocr-rus tesseract-ocr-deu
    pip install pdfplumber pytesseract pypdfium2 pillow
    python3 speed.py PROGRAM FOLDER [--pdfium LIBRARY] [--dpi 200]

PROGRAM is a release build of `tillsight-cloud`; it reads the folder with `admin eval-documents`, whole documents with fields and
lines. The peers only take words: pdfplumber with `extract_words`, pytesseract with `image_to_data` in the same languages. Drawing
the pages is timed on neither side. Prints one JSON object as its last line.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time

import pdfplumber
import pypdfium2
import pytesseract

LANGUAGES = "deu+eng+rus"


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--pdfium")
    arguments.add_argument("--dpi", type=int, default=200)
    told = arguments.parse_args()

    command = [told.program, "admin", "eval-documents", str(told.folder), "--json", "--dpi", str(told.dpi)]
    if told.pdfium:
        command += ["--pdfium", told.pdfium]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    ours = json.loads(said.splitlines()[-1])["pages_per_s"]

    files = sorted(path for path in told.folder.rglob("*.pdf"))
    peers = {"pdf": plumbed(files), "scan": recognised(files, told.dpi)}
    ratio = {way: round(ours[way] / peers[way], 2) if ours[way] else None for way in peers}
    print(json.dumps({"files": len(files), "pages_per_s": ours, "peers": peers, "ratio": ratio}))
    return 0


def plumbed(files: list[pathlib.Path]) -> float:
    """Pages a second of pdfplumber."""
    began, pages = time.perf_counter(), 0
    for path in files:
        try:
            with pdfplumber.open(path) as document:
                for page in document.pages:
                    page.extract_words()
                    pages += 1
        except Exception as error:  # One file that it cannot read does not end the comparison.
            print(f"pdfplumber cannot read {path}: {error}", file=sys.stderr)
    return round(pages / (time.perf_counter() - began), 3)


def recognised(files: list[pathlib.Path], dpi: int) -> float:
    """Pages a second of pytesseract."""
    seconds, pages = 0.0, 0
    for path in files:
        document = pypdfium2.PdfDocument(path)
        for page in document:
            picture = page.render(scale=dpi / 72).to_pil().convert("L")
            began = time.perf_counter()
            pytesseract.image_to_data(picture, lang=LANGUAGES, config=f"--dpi {dpi}")
            seconds += time.perf_counter() - began
            pages += 1
    return round(pages / seconds, 3)


if __name__ == "__main__":
    sys.exit(main())
