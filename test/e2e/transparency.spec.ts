/** Transparent pictures look as they should on any ground, at every size in which they are made or saved. */
import path from 'node:path';
import sharp from 'sharp';
import { expect, type RunningApp } from './app';
import { crop, decode, type Picture, prepared, readPicture, withAlpha } from './pictures';
import { shareApp } from './sharedApp';
import { test as base, readyInSmallTiles } from './smallTiles';
import { chooseTool, expectClose, layerPicture, openPicture, run, save, savedPicture } from './steps';
import { upscaleUntiled } from './untiled';

const test = shareApp(base);

/** One opaque colour where `isSeen`; elsewhere transparent black, as most programs leave it. */
function badge(side: number, colour: number[], isSeen: (x: number, y: number) => boolean): Picture {
  const data = Buffer.alloc(side * side * 4);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) if (isSeen(x, y)) data.set([...colour, 255], (y * side + x) * 4);
  return { width: side, height: side, data };
}

const disc = badge(48, [255, 255, 255], (x, y) => Math.hypot(x - 23.5, y - 23.5) < 16);
/** An icon of thin lines and single pixels, which means mix most. */
const icon = badge(48, [255, 255, 255], (x, y) => (x % 8 < 3 && y % 8 < 3) || x === y || (x === 40 && y > 8));

/** A picture as a program shows it on a ground of one colour. */
function onGround({ width, height, data }: Picture, ground: number[]): Picture {
  const out = Buffer.alloc(data.length, 255);
  for (let i = 0; i < data.length; i += 4) {
    const alpha = (data[i + 3] as number) / 255;
    for (let c = 0; c < 3; c++)
      out[i + c] = Math.round(alpha * (data[i + c] as number) + (1 - alpha) * (ground[c] as number));
  }
  return { width, height, data: out };
}

const darkest = (picture: Picture): number =>
  onGround(picture, [255, 255, 255]).data.reduce((least, value) => Math.min(least, value), 255);

async function upscaled(refit: RunningApp, picture: Picture): Promise<void> {
  await refit.window.reload();
  await readyInSmallTiles(refit);
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, picture);
  await run(refit);
}

async function savedAs(refit: RunningApp, format: 'png' | 'jpeg' | 'webp', name: string): Promise<Picture> {
  await refit.window.getByTestId(`format-${format}`).click();
  const bytes = await save(refit, path.join(refit.userDataDir, name));
  const { data, info } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

for (const [name, picture] of [
  ['disc', disc],
  ['icon', icon],
] as const)
  test(`a white ${name} with a hard edge vanishes on white, enlarged and saved in any size and format`, async ({
    refit,
  }) => {
    await upscaled(refit, picture);
    expect(darkest(await layerPicture(refit, 'original'))).toBe(255);
    expect(darkest(await layerPicture(refit, 'result'))).toBeGreaterThanOrEqual(250);
    for (const format of ['png', 'webp', 'jpeg'] as const)
      expect([format, darkest(await savedAs(refit, format, `whole.${format}`)) >= 250]).toEqual([format, true]);
    await refit.window.getByTestId('size-2').click();
    for (const format of ['png', 'webp', 'jpeg'] as const) {
      const half = await savedAs(refit, format, `half.${format}`);
      expect([format, half.width, darkest(half) >= 250]).toEqual([format, 96, true]);
    }
  });

test('what was cut out keeps its colours to the edge when it is enlarged', async ({ refit }) => {
  const coffee = crop(await readPicture(prepared('cut-out', 'coffee.png')), { x: 190, y: 90, width: 240, height: 200 });
  const soft = (x: number, y: number) =>
    Math.round(255 * Math.min(1, Math.max(0, (80 - Math.hypot(x - 120, y - 100)) / 2 + 0.5)));
  const cut = withAlpha(coffee, soft);
  // A canvas, and so most programs, leaves black where nothing is seen.
  for (let i = 0; i < cut.data.length; i += 4) if (cut.data[i + 3] === 0) cut.data.fill(0, i, i + 3);
  await upscaled(refit, cut);
  const result = await savedPicture(refit);
  const whole = await upscaleUntiled('fast-x4', coffee);
  const right = withAlpha(whole, (x, y) => result.data[(y * whole.width + x) * 4 + 3] as number);
  for (const ground of [
    [255, 255, 255],
    [0, 0, 0],
    [0, 200, 60],
  ])
    expectClose(`on ${ground.join(', ')}`, onGround(result, ground), onGround(right, ground), 40);
});

test('alpha of grey, palette and 16-bit PNGs comes through', async ({ refit }) => {
  await refit.window.reload();
  await readyInSmallTiles(refit);
  const { width, height, data } = disc;
  const rgba = sharp(data, { raw: { width, height, channels: 4 } });
  const kinds = {
    'grey and alpha': await rgba.clone().toColourspace('b-w').png().toBuffer(),
    palette: await rgba.clone().png({ palette: true, colours: 4 }).toBuffer(),
    '16 bits': await rgba.clone().toColourspace('rgb16').png().toBuffer(),
    WebP: await rgba.clone().webp({ lossless: true }).toBuffer(),
  };
  await chooseTool(refit, 'fast-x4');
  for (const [kind, bytes] of Object.entries(kinds)) {
    await openPicture(refit, { width: 7, height: 5, data: Buffer.alloc(140, 255) }, 'before.png');
    await refit.window.getByTestId('file-input').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: bytes });
    await expect(refit.window.getByTestId('picture-size')).toContainText('48 × 48');
    await expect(refit.window.getByTestId('start')).toBeEnabled();
    await run(refit);
    const result = decode(await save(refit, path.join(refit.userDataDir, 'kind.png')));
    const alphaAt = (x: number, y: number) => result.data[(y * 192 + x) * 4 + 3];
    expect([kind, darkest(result) >= 250, alphaAt(96, 96), alphaAt(4, 4)]).toEqual([kind, true, 255, 0]);
  }
});
