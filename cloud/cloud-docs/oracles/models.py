"""Compares the bills of quantities of IFC models with what ifcopenshell says of them.

    pip install ifcopenshell
    python3 models.py PROGRAM FOLDER

PROGRAM is `read-document`. Counts have to be equal, quantities within a millionth.
"""

import pathlib
import sys
from collections import defaultdict

import ifcopenshell
import ifcopenshell.util.element
import ifcopenshell.util.unit

import reader

TOLERANCE = 1e-6
MEASURES = {
    "IfcQuantityLength": ("MTR", "LENGTHUNIT"),
    "IfcQuantityArea": ("MTK", "AREAUNIT"),
    "IfcQuantityVolume": ("MTQ", "VOLUMEUNIT"),
    "IfcQuantityWeight": ("KGM", "MASSUNIT"),
    "IfcQuantityCount": ("H87", None),
    "IfcQuantityTime": ("SEC", "TIMEUNIT"),
}


def ours(answer: dict) -> dict:
    sums = {}
    for line in answer["reading"]["documents"][0]["lines"]:
        kind, _, type_name = line["name"]["value"].partition(" ")
        what = line["description"]["value"]
        what = "count" if what.endswith("/ count") else what
        key = (line["section"] or "", kind, type_name, what, line["unit_code"])
        sums[key] = float(line["quantity"]["value"])
    return sums


def storey(element) -> str:
    """The name of the storey above, else of the nearest thing in space."""
    at, nearest = element, None
    for _ in range(32):
        at = ifcopenshell.util.element.get_parent(at)
        if at is None:
            break
        is_spatial = at.is_a("IfcObjectDefinition") and not at.is_a("IfcElement")
        if is_spatial and (nearest is None or at.is_a("IfcBuildingStorey")):
            nearest = (at.Name or "").strip() or f"#{at.id()}"
        if at.is_a("IfcBuildingStorey"):
            break
    return nearest or ""


def sets(element) -> list:
    own = [
        relation.RelatingPropertyDefinition
        for relation in getattr(element, "IsDefinedBy", ())
        if relation.is_a("IfcRelDefinesByProperties")
    ]
    kind = ifcopenshell.util.element.get_type(element)
    of_type = list(getattr(kind, "HasPropertySets", None) or ()) if kind else []
    return [entry for entry in own + of_type if entry is not None and entry.is_a("IfcElementQuantity")]


def flat(quantities) -> list:
    found = []
    for quantity in quantities or ():
        found += flat(quantity.HasQuantities) if quantity.is_a("IfcPhysicalComplexQuantity") else [quantity]
    return found


def theirs(file: pathlib.Path) -> dict:
    model = ifcopenshell.open(str(file))
    if not hasattr(model, "by_type"):
        raise ValueError("it is not opened as a model")
    scales = {}
    for _, kind in MEASURES.values():
        if kind:
            scales[kind] = ifcopenshell.util.unit.calculate_unit_scale(model, kind)
    # The scale of a gram is that of the gram.
    mass = [unit for unit in model.by_type("IfcSIUnit") if unit.Name == "GRAM"]
    if mass:
        scales["MASSUNIT"] = ifcopenshell.util.unit.get_prefix_multiplier(mass[0].Prefix) / 1000
    sums = defaultdict(float)
    for element in model.by_type("IfcElement"):
        if element.is_a("IfcFeatureElement") or element.is_a("IfcVirtualElement"):
            continue
        kind = ifcopenshell.util.element.get_type(element)
        type_name = (kind.Name if kind and kind.Name else element.ObjectType) or ""
        place = (storey(element), element.is_a(), type_name.strip())
        sums[(*place, "count", "H87")] += 1
        seen = set()
        for entry in sets(element):
            for quantity in flat(entry.Quantities):
                code, unit = MEASURES.get(quantity.is_a(), (None, None))
                if code is None or (code, quantity.Name) in seen or quantity[3] is None:
                    continue
                seen.add((code, quantity.Name))
                sums[(*place, quantity.Name, code)] += quantity[3] * (scales[unit] if unit else 1)
    return dict(sums)


def main() -> int:
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    results = {}
    for file in sorted(folder.rglob("*.ifc")):
        answer = reader.read(program, file)
        if "refusal" in answer:
            results[file.name] = {"keys": 1, "differences": [f"refused: {answer['refusal']}"]}
            continue
        try:
            mine, other = ours(answer), theirs(file)
        except (ValueError, RuntimeError, ifcopenshell.Error) as error:
            results[file.name] = {"keys": 0, "differences": [], "skipped": f"ifcopenshell does not open it: {error}"}
            continue
        results[file.name] = {
            "keys": len(set(mine) | set(other)),
            "differences": reader.differences(mine, other, TOLERANCE),
        }
    return reader.report(results)


if __name__ == "__main__":
    sys.exit(main())
