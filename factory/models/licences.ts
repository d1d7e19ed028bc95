/** Which licence texts a model has: those of its makers, of its folder, or the standard text of the licence that its card names. */
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { ModelCard } from '../../app/catalog';
import { ownLicence } from './add';
import { modelLicences } from './licenceFiles';
import { readCard } from './prepare';

const root = path.resolve(import.meta.dirname, '..', '..');

/** @param folder of a model. @returns sentences that say which part of it has no licence, so must not be given away, and what to do. */
export async function unlicensed(folder: string): Promise<string[]> {
  const card = await readCard(folder);
  const { id, licence, sample } = card;
  const faults: string[] = [];
  if (!modelLicences[id]?.own.length && (await ownText(folder)) === undefined && !standardText(licence.spdx, ''))
    faults.push(
      `The licence of ${id} is ${licence.spdx}, which has no text: name one of SPDX in its model.json, or lay its text ` +
        `into models/${id}/${ownLicence}.`,
    );
  const [spdx = ''] = sample.licence.split(', ');
  if (!isPublicDomain(card) && !isScikitImages(card) && !standardText(spdx, ''))
    faults.push(
      `The licence of ${id}'s sample, ${sample.file}, is “${sample.licence}”, which has no text: say in its model.json ` +
        'which of SPDX it is and whose (CC-BY-4.0, Ada Lovelace), or Public domain.',
    );
  return faults;
}

/** The licence text that a model's folder has of its own. */
export const ownText = (folder: string): Promise<string | undefined> =>
  readFile(path.join(folder, ownLicence), 'utf8').catch(() => undefined);

export const isPublicDomain = ({ sample }: ModelCard): boolean => /^public domain\b/i.test(sample.licence);
/** Whether the sample is one of scikit-image's, whose licence text is pinned (licenceFiles.ts). */
export const isScikitImages = ({ sample: { licence, source } }: ModelCard): boolean =>
  licence.startsWith('BSD-3-Clause') && source.registry !== 'folder' && source.package === 'scikit-image';

const Licence = z.object({ licenseText: z.string().min(1) });

/**
 * A licence's text as SPDX lists it; none where `spdx` is no single licence of SPDX.
 * @param holder stands in the copyright line, where the text has one.
 */
export function standardText(spdx: string, holder: string): string | undefined {
  const file = path.join(root, 'node_modules', 'spdx-license-list', 'licenses', `${spdx}.json`);
  if (!/^[\w.-]+$/.test(spdx) || !existsSync(file)) return undefined;
  const { licenseText } = Licence.parse(JSON.parse(readFileSync(file, 'utf8')));
  return licenseText.replace(/<year> <(owner|copyright holders)>/, holder);
}
