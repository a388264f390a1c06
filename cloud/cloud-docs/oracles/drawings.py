"""Compares the bills of quantities of DXF drawings with what ezdxf says of them.

    pip install ezdxf shapely
    python3 drawings.py PROGRAM FOLDER

PROGRAM is `read-document`. Counts have to be equal, lengths and areas within a thousandth: ezdxf's curves are flattened here.
"""

import logging
import math
import pathlib
import sys
from collections import defaultdict

import ezdxf
import ezdxf.path
from ezdxf import recover
from ezdxf.entities import Insert
from ezdxf.lldxf.encoding import decode_dxf_unicode
from shapely.geometry import Polygon

import reader

TOLERANCE = 1e-3
METRES = {
    1: 0.0254, 2: 0.3048, 3: 1609.344, 4: 0.001, 5: 0.01, 6: 1.0, 7: 1000.0, 8: 2.54e-8, 9: 2.54e-5, 10: 0.9144, 14: 0.1,
}


def ours(answer: dict) -> dict:
    sums = {}
    for line in answer["reading"]["documents"][0]["lines"]:
        name, _, measure = line["name"]["value"].partition(": ")
        key = (line["section"], measure.rpartition("/ ")[2] or "count", name)
        sums[key] = float(line["quantity"]["value"])
    return sums


def fine(path, scale: float) -> list:
    return list(path.flattening(distance=max(scale, 1e-6) * 1e-6, segments=64))


def length_of(points) -> float:
    return sum(a.distance(b) for a, b in zip(points, points[1:]))


def area_of(points) -> float:
    """Of a closed line in a plane, by the sum of its vectors."""
    total = ezdxf.math.Vec3()
    for a, b in zip(points, points[1:] + points[:1]):
        total += ezdxf.math.Vec3(a).cross(ezdxf.math.Vec3(b))
    return total.magnitude / 2


def size(path) -> float:
    points = list(path.control_vertices())
    return max((points[0].distance(point) for point in points), default=1.0)


def hatch_area(entity) -> float:
    """Even-odd, by polygons in the hatch's own plane."""
    whole = None
    for path in ezdxf.path.from_hatch_ocs(entity):
        points = fine(path, size(path))
        if len(points) < 3:
            continue
        polygon = Polygon([(point.x, point.y) for point in points]).buffer(0)
        whole = polygon if whole is None else whole.symmetric_difference(polygon)
    return whole.area if whole is not None else 0.0


class Sums:
    def __init__(self) -> None:
        self.sums = defaultdict(float)

    def visit(self, entities, layer_around, depth=0, factor=1.0) -> None:
        for entity in entities:
            layer = entity.dxf.get("layer", "0")
            if layer == "0" and layer_around is not None:
                layer = layer_around
            kind = entity.dxftype()
            if isinstance(entity, Insert):
                self.insert(entity, layer, depth)
            elif kind == "HATCH":
                self.sums[layer, "area", kind] += hatch_area(entity)
            elif kind in ("LINE", "ARC", "CIRCLE", "ELLIPSE", "LWPOLYLINE", "SPLINE"):
                self.curve(entity, layer, kind)
            elif kind == "POLYLINE" and (entity.is_2d_polyline or entity.is_3d_polyline):
                self.curve(entity, layer, kind)

    def insert(self, entity, layer: str, depth: int) -> None:
        name = entity.dxf.name
        self.sums[layer, "count", name] += entity.mcount
        if depth >= 16 or entity.block() is None:
            return
        for single in entity.multi_insert() if entity.mcount > 1 else [entity]:
            self.visit(single.virtual_entities(), layer, depth + 1)

    def curve(self, entity, layer: str, kind: str) -> None:
        if kind == "CIRCLE" or kind == "ARC":
            radius = abs(entity.dxf.radius)
            turn = 360.0
            if kind == "ARC":
                turn = (entity.dxf.end_angle - entity.dxf.start_angle) % 360 or 360.0
            else:
                self.sums[layer, "area", kind] += math.pi * radius**2
            self.sums[layer, "length", kind] += math.radians(turn) * radius
            return
        try:
            path = ezdxf.path.make_path(entity)
        except (TypeError, ValueError, ezdxf.DXFError):
            return
        if not len(path):
            return
        points = fine(path, size(path))
        self.sums[layer, "length", kind] += length_of(points)
        closed = getattr(entity, "is_closed", False) or getattr(entity, "closed", False)
        if kind == "ELLIPSE":
            closed = abs((entity.dxf.end_param - entity.dxf.start_param) % math.tau) < 1e-9
        if closed and not (kind == "POLYLINE" and entity.is_3d_polyline):
            self.sums[layer, "area", kind] += area_of(points)


def theirs(file: pathlib.Path) -> dict:
    try:
        drawing = ezdxf.readfile(file)
    except (ezdxf.DXFError, UnicodeDecodeError, ValueError):
        drawing, _ = recover.readfile(file)
    sums = Sums()
    sums.visit(drawing.modelspace(), None)
    metres = METRES.get(drawing.header.get("$INSUNITS", 0), 1.0)
    power = {"count": 0, "length": 1, "area": 2}
    return {
        (decode_dxf_unicode(layer), measure, decode_dxf_unicode(name)): value * metres ** power[measure]
        for (layer, measure, name), value in sums.sums.items()
        if value > 0
    }


def main() -> int:
    logging.disable()
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    results = {}
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() != ".dxf":
            continue
        answer = reader.read(program, file)
        if "refusal" in answer:
            results[file.name] = {"keys": 1, "differences": [f"refused: {answer['refusal']}"]}
            continue
        try:
            mine, other = ours(answer), theirs(file)
        except (ezdxf.DXFError, ValueError) as error:
            results[file.name] = {"keys": 0, "differences": [], "skipped": f"ezdxf does not open it: {error}"}
            continue
        results[file.name] = {
            "keys": len(set(mine) | set(other)),
            "differences": reader.differences(mine, other, TOLERANCE),
        }
    return reader.report(results)


if __name__ == "__main__":
    sys.exit(main())
