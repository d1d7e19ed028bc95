/** Asks inspect_onnx.py what an ONNX file holds, or why it cannot become a model. */
import path from 'node:path';
import { z } from 'zod';
import { message } from '../../native/commands';
import type { OnnxFacts } from './addCard';
import { python, repository } from './python';

/** Says in one sentence why a file cannot become a model; `detail` has the library's own words. */
export class AddRefused extends Error {
  constructor(
    message: string,
    readonly detail = '',
  ) {
    super(message);
  }
}

const Facts: z.ZodType<OnnxFacts> = z.object({
  bytes: z.number(),
  precision: z.enum(['float16', 'float32']),
  input: z.string(),
  layout: z.enum(['planes', 'rows', 'pixels']),
  fixed: z.tuple([z.number(), z.number()]).nullable(),
  tried: z.tuple([z.number(), z.number()]),
  outputs: z.array(z.object({ name: z.string(), dtype: z.string(), shape: z.array(z.number()) })),
});
const Inspected = z.union([z.object({ facts: Facts }), z.object({ refused: z.string(), detail: z.string() })]);

/** @param out the file that takes the network and its data. @throws AddRefused. */
export async function inspectOnnx(
  file: string,
  shape = { height: 64, width: 64 },
  out: string,
  freeBytes: number,
): Promise<OnnxFacts> {
  const script = path.join(repository, 'factory', 'models', 'inspect_onnx.py');
  const printed = await refusing('The file could not be read.', () =>
    python([script, file, `${shape.height}`, `${shape.width}`, out, `${freeBytes}`]),
  );
  const inspected = Inspected.parse(JSON.parse(printed));
  if ('refused' in inspected) throw new AddRefused(`${inspected.refused}.`, inspected.detail);
  return inspected.facts;
}

/** Facts with only these outputs, in this order; with all where none are named. @throws AddRefused. */
export function only(facts: OnnxFacts, names?: string[]): OnnxFacts {
  if (!names) return facts;
  const outputs = names.map((name) => {
    const found = facts.outputs.find((output) => output.name === name);
    if (found) return found;
    throw new AddRefused(`The network has no output ${name}; it has ${facts.outputs.map((o) => o.name).join(', ')}.`);
  });
  return { ...facts, outputs };
}

/** Does work whose failures are the network's fault. @throws AddRefused; the system's error where the disk is full. */
export async function refusing<T>(words: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AddRefused || isNoRoom(error)) throw error;
    throw new AddRefused(words, message(error));
  }
}

/** Whether the disk was full, by the system's code or in the words of Python. */
export const isNoRoom = (error: unknown): boolean =>
  codeOf(error) === 'ENOSPC' || /No space left on device/.test(message(error));
const codeOf = (error: unknown): unknown => (error instanceof Error ? Reflect.get(error, 'code') : undefined);
