"""Adds the column `category` to a file of a French bakery's daily sales, by what the name of each product says that it is.

    python3 bakery_categories.py < bakery_daily.csv > bakery_by_category.csv

`evaluate` and `admin eval-forecast` measure sums over categories where a file has that column.
"""

import csv
import sys

# The first row with a word of the name decides; what has none is a pastry.
CATEGORIES = [
    ("meals", "SANDWICH SANDWICHS SAND FORMULE PLAT PLATPREPARE TRAITEUR PATES SALE"),
    ("drinks and sweets", "BOISSON BOISSONS CAFE THE CONFISERIE SUCETTE COUPE"),
    ("viennoiserie", "CROISSANT CHOCOLAT CHOCO RAISINS CHAUSSON VIENNOISERIE BRIOCHE BRIOCHETTE KOUIGN COOKIE"),
    ("bread", "BAGUETTE BANETTE BANETTINE BREAD CAMPAGNE MOISSON BOULE COMPLET SEIGLE PAIN FICELLE BOULANGERIE VIENNOISE CROUTON"),
]


def category(name):
    words = name.replace("PLATPREPARE", "PLATPREPARE ").split()
    # A fondant is a pastry, whatever it is made of.
    if words and words[0] in ("FONDANT", "TROIS", "TARTELETTE", "GAL"):
        return "pastry"
    return next((category for category, known in CATEGORIES if set(words) & set(known.split())), "pastry")


def main():
    lines = csv.DictReader(sys.stdin)
    out = csv.DictWriter(sys.stdout, [*lines.fieldnames, "category"], lineterminator="\n")
    out.writeheader()
    for line in lines:
        out.writerow({**line, "category": category(line["unique_id"])})


if __name__ == "__main__":
    main()
