/// A screenshot with at most 256 colours: a third of the size, and nobody sees it. It reads
/// only what Chromium writes: eight bits a channel, not interlaced.
import { crc32, deflateSync, inflateSync } from "node:zlib";

const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);

function* chunks(png) {
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    yield [png.toString("latin1", at + 4, at + 8), png.subarray(at + 8, at + 8 + length)];
    at += 12 + length;
  }
}

function paeth(a, b, c) {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/** { width, height, size, bytes }: rows without filters, size bytes a pixel. */
function read(png) {
  const parts = [...chunks(png)];
  const head = parts.find(([name]) => name === "IHDR")[1];
  const [width, height, size] = [head.readUInt32BE(0), head.readUInt32BE(4), { 2: 3, 6: 4 }[head[9]]];
  const raw = inflateSync(Buffer.concat(parts.filter(([name]) => name === "IDAT").map(([, data]) => data)));
  const wide = width * size;
  const bytes = Buffer.alloc(wide * height);
  for (let y = 0; y < height; ++y) {
    const filter = raw[y * (wide + 1)];
    for (let x = 0; x < wide; ++x) {
      const left = x >= size ? bytes[y * wide + x - size] : 0;
      const up = y > 0 ? bytes[(y - 1) * wide + x] : 0;
      const corner = x >= size && y > 0 ? bytes[(y - 1) * wide + x - size] : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      bytes[y * wide + x] = raw[y * (wide + 1) + 1 + x] + guess;
    }
  }
  return { width, height, size, bytes };
}

/** The commonest colours; rarer ones take the nearest of these. */
function palette(counts) {
  const kept = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([colour]) => colour);
  const part = (colour, shift) => (colour >> shift) & 255;
  const distance = (a, b) => [16, 8, 0].reduce((sum, shift) => sum + (part(a, shift) - part(b, shift)) ** 2, 0);
  const index = new Map(kept.map((colour, i) => [colour, i]));
  for (const colour of counts.keys()) {
    if (index.has(colour)) continue;
    let best = 0;
    kept.forEach((one, i) => distance(one, colour) < distance(kept[best], colour) && (best = i));
    index.set(colour, best);
  }
  return { kept, index };
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

export function with_palette(png) {
  const { width, height, size, bytes } = read(png);
  const colours = new Uint32Array(width * height);
  const counts = new Map();
  for (let i = 0; i < colours.length; ++i) {
    colours[i] = (bytes[i * size] << 16) | (bytes[i * size + 1] << 8) | bytes[i * size + 2];
    counts.set(colours[i], (counts.get(colours[i]) ?? 0) + 1);
  }
  const { kept, index } = palette(counts);
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; ++y)
    for (let x = 0; x < width; ++x) rows[y * (width + 1) + 1 + x] = index.get(colours[y * width + x]);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  const table = Buffer.from(kept.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return Buffer.concat([signature, chunk("IHDR", head), chunk("PLTE", table),
    chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}
