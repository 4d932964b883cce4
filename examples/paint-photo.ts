// Paints examples/photo.jpg: an evening over mountains and a lake, with a camera's grain and EXIF data. It is our own
// work, drawn from numbers, so it can be shipped and changed freely: `node examples/paint-photo.ts`.
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const width = 1600;
const height = 1067;
const shore = 720;
const file = fileURLToPath(new URL('./photo.jpg', import.meta.url));

/** Mulberry32: the same picture every time. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A ridge by midpoint displacement: heights in pixels above `base`, one every few pixels. */
function ridge(random: () => number, base: number, rise: number, roughness: number): string {
  const steps = 512;
  const heights = new Float64Array(steps + 1);
  for (let stride = steps, reach = rise; stride > 1; stride /= 2, reach *= roughness)
    for (let i = stride / 2; i < steps; i += stride) {
      const middle = ((heights[i - stride / 2] ?? 0) + (heights[i + stride / 2] ?? 0)) / 2;
      heights[i] = middle + (random() - 0.35) * reach;
    }
  const points = Array.from(
    heights,
    (h, i) => `${((i * width) / steps).toFixed(1)},${(base - Math.max(h, -20)).toFixed(1)}`,
  );
  return `0,${shore} ${points.join(' ')} ${width},${shore}`;
}

function scene(random: () => number): string {
  const layers = [
    { base: 560, rise: 330, roughness: 0.52, fill: '#8d86a8' },
    { base: 620, rise: 260, roughness: 0.5, fill: '#6a6488' },
    { base: 670, rise: 190, roughness: 0.48, fill: '#474566' },
    { base: 705, rise: 110, roughness: 0.55, fill: '#262a42' },
  ];
  const mountains = layers.map((layer, i) => {
    const points = ridge(random, layer.base, layer.rise, layer.roughness);
    return `<polygon points="${points}" fill="${layer.fill}"/><rect y="${shore - 150}" width="${width}" height="150" fill="url(#mist)" opacity="${0.75 - i * 0.2}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${shore}">
    <defs>
      <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#28345e"/><stop offset=".45" stop-color="#b3708a"/>
        <stop offset=".75" stop-color="#f2a676"/><stop offset="1" stop-color="#ffd9a0"/></linearGradient>
      <radialGradient id="sun"><stop offset="0" stop-color="#fffbe8"/><stop offset=".12" stop-color="#ffeec0"/>
        <stop offset=".16" stop-color="#ffdf9e" stop-opacity=".55"/><stop offset="1" stop-color="#ffb070" stop-opacity="0"/></radialGradient>
      <linearGradient id="mist" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#ffe0bd" stop-opacity="0"/>
        <stop offset="1" stop-color="#ffe0bd" stop-opacity=".7"/></linearGradient>
      <filter id="clouds" x="0" y="0" width="1" height="1"><feTurbulence type="fractalNoise" baseFrequency=".0022 .011" numOctaves="6" seed="11"/>
        <feColorMatrix values="0 0 0 0 1  0 0 0 0 .86  0 0 0 0 .78  2.6 0 0 0 -1.15"/></filter>
    </defs>
    <rect width="${width}" height="${shore}" fill="url(#sky)"/>
    <rect width="${width}" height="${shore}" filter="url(#clouds)" opacity=".75"/>
    <circle cx="1060" cy="430" r="330" fill="url(#sun)"/>${mountains.join('')}</svg>`;
}

/** The land upside down, darker, and each row shifted by waves that grow towards the viewer. */
function lake(land: Buffer, random: () => number): Buffer {
  const rows = height - shore;
  const water = Buffer.alloc(width * rows * 3);
  for (let y = 0; y < rows; y++) {
    const near = y / rows;
    const from = Math.max(0, Math.round(shore - 1 - y * 1.45 + (random() - 0.5) * 10 * near));
    for (let x = 0; x < width; x++) {
      const wave = Math.sin(x / (18 + 60 * near) + y * 1.7) * 9 * near + (random() - 0.5) * 5 * near;
      const column = Math.min(width - 1, Math.max(0, Math.round(x + wave)));
      for (let c = 0; c < 3; c++)
        water[(y * width + x) * 3 + c] = (land[(from * width + column) * 3 + c] ?? 0) * (0.82 - 0.34 * near) + 6 * c;
    }
  }
  return water;
}

const random = createRandom(20_26);
const land = await sharp(Buffer.from(scene(random)))
  .removeAlpha()
  .raw()
  .toBuffer();
const pixels = Buffer.concat([land, lake(land, random)]);
for (let i = 0; i < pixels.length; i += 3) {
  // A sensor's grain: mostly brightness, a little colour.
  const grain = (random() + random() + random() - 1.5) * 13;
  for (let c = 0; c < 3; c++)
    pixels[i + c] = Math.min(255, Math.max(0, (pixels[i + c] ?? 0) + grain + (random() - 0.5) * 5));
}
const { size } = await sharp(pixels, { raw: { width, height, channels: 3 } })
  .withExif({
    IFD0: {
      Make: 'Putlog',
      Model: 'paint-photo',
      ImageDescription: 'Evening at a lake, painted by a program',
      Copyright: 'Apache-2.0',
    },
    IFD2: { DateTimeOriginal: '2026:06:21 20:26:00', FNumber: '8/1', FocalLength: '35/1', ISOSpeedRatings: '200' },
  })
  .jpeg({ quality: 84 })
  .toFile(file);
console.log(`${file}: ${width}x${height}, ${size} bytes`);
