import { expect, test } from 'vitest';
import { exampleCard } from '../../main/example.fixture';
import { closePictures, fileOf, pixels } from '../../main/pictures/picture.fixture';
import type { PixelsBinding } from '../../native/pixels';
import { tinyOnnx } from '../../test/tinyOnnx';
import { openOnnx } from './onnx';

closePictures();

test('fails a run whose result cannot be opened, and keeps no picture open', async () => {
  const open: string[] = [];
  const watched: PixelsBinding = {
    ...pixels,
    openPicture: (facts, access) => {
      const picture = pixels.openPicture(facts, access);
      open.push(facts.file);
      return {
        close: () => {
          open.splice(open.indexOf(facts.file), 1);
          picture.close();
        },
      } as ReturnType<PixelsBinding['openPicture']>;
    },
  };
  const session = await openOnnx(exampleCard('tiny'), tinyOnnx({ factor: 2, offset: 4 }), 'cpu', () => watched);
  const { facts } = await fileOf(32, 32, 3);
  const gone = { ...facts, file: `${facts.file}-gone` };
  await expect(session.runTiles(facts, gone, [], () => {})).rejects.toMatchObject({ code: 'RUN_FAILED' });
  expect(open).toEqual([]);
  await session.close();
});
