"""Figures as SVG, without any library: panels of two lines over logarithmic axes, time
on the left and bytes on the right. It draws what it is given and measures nothing."""
import math
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT, MARGIN = 420, 270, 58
TIME, BYTES = "#0072b2", "#d55e00"


@dataclass
class Panel:
    title: str
    time: list  # (x, microseconds)
    bytes: list  # (x, bytes); those that are 0 are left out


class Axis:
    """Whole decades around the values."""

    def __init__(self, values, start, end):
        known = [value for value in values if value > 0] or [1]
        self.low = math.floor(math.log10(min(known)))
        self.high = max(math.ceil(math.log10(max(known))), self.low + 1)
        self.start, self.end = start, end

    def at(self, value):
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self):
        step = max(1, math.ceil((self.high - self.low) / 6))
        return [(10.0 ** power, power) for power in range(self.low, self.high + 1, step)]


def label(power):
    return f"{10 ** power:g}" if -3 <= power <= 3 else f"1e{power}"


def line(points, across, up, color, dash):
    shown = [(across.at(x), up.at(y)) for x, y in points if y > 0]
    if not shown:
        return ""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in shown)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>' for x, y in shown)
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2" stroke-dasharray="{dash}"/>{dots}'


def text(x, y, words, anchor="middle", color="#333", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}" {extra}>{escape(words)}</text>'


def panel_svg(panel, left, top):
    across = Axis([x for x, _ in panel.time], left + MARGIN, left + WIDTH - MARGIN)
    time = Axis([y for _, y in panel.time], top + HEIGHT - MARGIN, top + 40)
    size = Axis([y for _, y in panel.bytes], top + HEIGHT - MARGIN, top + 40)
    parts = [text(left + WIDTH / 2, top + 22, panel.title, extra='font-weight="bold"')]
    for value, power in across.ticks():
        x = across.at(value)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{time.end}" y2="{time.start}" stroke="#ddd"/>')
        parts.append(text(x, time.start + 18, label(power)))
    for axis, x, anchor, color in ((time, across.start - 8, "end", TIME), (size, across.end + 8, "start", BYTES)):
        parts += [text(x, axis.at(value) + 4, label(power), anchor, color) for value, power in axis.ticks()]
    parts.append(line(panel.time, across, time, TIME, "none"))
    parts.append(line(panel.bytes, across, size, BYTES, "5 3"))
    parts.append(text(left + 12, time.start + 40, "microseconds an update", "start", TIME))
    parts.append(text(left + WIDTH - 12, time.start + 40, "bytes an update (dashed)", "end", BYTES))
    return "".join(parts)


def picture(panels, columns=2):
    rows = math.ceil(len(panels) / columns)
    body = "".join(panel_svg(panel, (i % columns) * WIDTH, (i // columns) * HEIGHT) for i, panel in enumerate(panels))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{columns * WIDTH}" height="{rows * HEIGHT}" '
            f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>{body}</svg>\n')
