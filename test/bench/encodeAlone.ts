/** The app's own encoder with nothing before it, in as many processes and as many at once as the app has: what a queue cannot beat. */
import { readdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { spawnNodeHost } from '../../factory/engines/nodeHost';
import { Host } from '../../main/hosts/host';
import { createPictureHosts, pictureHostsFor } from '../../main/hosts/pictureHosts';
import { PictureFile, sharedMemory } from '../../main/pictures/pictureFile';
import { encodersAtOnce } from '../../main/queue/line';

/**
 * Encodes the first picture of a folder again and again, as the app does: transparency and all.
 * @param folder gets the files. @returns seconds.
 */
export async function encodeAlone(folder: string, pictures: number, format: 'png' | 'jpeg'): Promise<number> {
  const [first] = await readdir(folder);
  if (!first) throw new Error(`Expected a picture in ${folder}`);
  const whole = sharp(path.join(folder, first));
  const { width = 0, height = 0, hasAlpha } = await whole.metadata();
  const picture = await PictureFile.create({ width, height, channels: 3 }, sharedMemory);
  const alpha = await PictureFile.create({ width, height, channels: 1 }, sharedMemory);
  const cores = os.availableParallelism();
  const each = Array.from({ length: pictureHostsFor(cores) }, () => new Host(spawnNodeHost, {}, () => {}));
  const hosts = createPictureHosts(each);
  try {
    await picture.writeRows(0, await whole.clone().removeAlpha().raw().toBuffer());
    if (hasAlpha) await alpha.writeRows(0, await whole.clone().extractChannel(3).raw().toBuffer());
    const task = {
      ...{ picture: picture.facts, ...(hasAlpha && { alpha: alpha.facts }) },
      ...{ format, quality: 90, size: { width, height }, metadata: null, dropPlace: false },
    };
    let id = 0;
    const one = (worker: number) =>
      hosts.call('encode', { id: ++id, task: { ...task, file: path.join(folder, `alone-${worker}`) } });
    const workers = Array.from({ length: encodersAtOnce(cores) }, (_, worker) => worker);
    // Their code is read then.
    await Promise.all(workers.map(one));
    let left = pictures;
    const startedAt = performance.now();
    await Promise.all(
      workers.map(async (worker) => {
        for (; left > 0; await one(worker)) left--;
      }),
    );
    return (performance.now() - startedAt) / 1000;
  } finally {
    await Promise.all([...each.map((host) => host.close()), picture.close(), alpha.close()]);
  }
}
