/** `refit inspect`: what an engine file is, and whether this machine takes it. Everything but the last without a GPU. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import type { EngineEntry } from '../../app/catalog';
import { toReport } from '../../app/errors';
import { decoding } from '../../storage/tail';
import { readEngine, sha256 } from '../../storage/verify';
import { wordsOf } from '../../words/errors';
import { readCatalog } from '../engines/catalogFile';
import { engineName } from '../engines/wanted';
import { action, command, exitCode, Refusal, type Register } from './command';
import { here, where } from './machine';
import { columns } from './screen';

/** What the header is checked for: the reasons of `EngineValidity` (native/binding.d.ts). */
const headerChecks = ['malformed', 'version', 'computeCapability', 'driver', 'memory', 'other'] as const;

export type HeaderBit = { check: (typeof headerChecks)[number]; state: 'fits' | 'does not fit' | 'unknown' };

export const inspect: Register = (program) => {
  command(program, 'inspect', 'An engine: catalog entry, hashes, sizes, and whether it fits this GPU, bit by bit.')
    .argument('<engine>', 'a file, or model/profile/target of the catalog')
    .action(
      action(async ({ args: [named = ''] }) => {
        const { engines } = await readCatalog(where.catalogFile);
        const file = path.resolve(named);
        // A tail can be read only with its entry, which names the engine that it follows.
        const byName = engines.find(
          (entry) => engineName(entry) === named || (entry.base && where.engine(entry) === file),
        );
        if (!byName && !existsSync(file)) throw new Refusal(`There is no file and no catalog entry called ${named}.`);
        const shipped = await readFile(byName ? where.engine(byName) : file);
        const engine = byName?.base ? await readEngine(where.engine(byName), byName) : decompress(shipped);
        const hash = sha256(engine);
        const entry = byName ?? engines.find(({ engineSha256 }) => engineSha256 === hash);
        const faults = entry ? faultsOf(entry, shipped, hash) : [];
        const validity = validityOf(engine);
        const data = {
          file: byName ? where.engine(byName) : file,
          bytes: shipped.byteLength,
          sha256: sha256(shipped),
          engineBytes: engine.byteLength,
          engineSha256: hash,
          compressed: engine !== shipped,
          entry: entry ?? null,
          faults,
          header: validity,
        };
        return { data, text: textOf(data), code: faults.length > 0 ? exitCode.failed : exitCode.ok };
      }),
    );
};

/** Plans and raw engines are not compressed: what is no whole brotli stream is one of these. */
function decompress(bytes: Uint8Array): Uint8Array {
  try {
    return brotliDecompressSync(bytes, decoding);
  } catch {
    return bytes;
  }
}

function faultsOf(entry: EngineEntry, shipped: Uint8Array, engineSha256: string): string[] {
  const faults: string[] = [];
  if (engineSha256 !== entry.engineSha256) faults.push('The engine is not the one in the catalog.');
  if (shipped.byteLength !== entry.compressedBytes)
    faults.push(`The file has ${shipped.byteLength} bytes, ${entry.compressedBytes} in the catalog.`);
  return faults;
}

interface Validity {
  /** Null if nothing on this machine can tell. */
  valid: boolean | null;
  bits: HeaderBit[];
  note: string;
}

function validityOf(engine: Uint8Array): Validity {
  try {
    const { binding, machine } = here();
    const { valid, reasons } = binding.engineValidity(engine);
    return {
      valid: machine.gpus.kind === 'known' ? valid : null,
      bits: bitsOf(reasons, machine.gpus.kind === 'known'),
      note: machine.gpus.kind === 'known' ? '' : `No GPU: ${machine.gpus.reason}`,
    };
  } catch (error) {
    const report = toReport(error);
    return { valid: null, bits: bitsOf([], false), note: `${wordsOf(report).message} ${report.detail}` };
  }
}

/** Without a GPU the library tells nothing about the engine, whatever reasons it gives. */
export const bitsOf = (reasons: readonly string[], hasGpu: boolean): HeaderBit[] =>
  headerChecks.map((check) => ({
    check,
    state: !hasGpu ? 'unknown' : reasons.includes(check) ? 'does not fit' : 'fits',
  }));

interface Inspected {
  file: string;
  bytes: number;
  sha256: string;
  engineBytes: number;
  engineSha256: string;
  compressed: boolean;
  entry: EngineEntry | null;
  faults: string[];
  header: Validity;
}

function textOf({ file, bytes, engineBytes, compressed, entry, faults, header, ...hashes }: Inspected): string {
  const rows = [
    ['file', file],
    ['', `${bytes} bytes, sha256 ${hashes.sha256}`],
    ['engine', `${engineBytes} bytes${compressed ? '' : ', not compressed'}, sha256 ${hashes.engineSha256}`],
    ...(entry
      ? [
          ['entry', `${engineName(entry)}, ${entry.runtime}, ${entry.flags.join(' + ') || 'no flags'}`],
          ...(entry.base ? [['', `a tail of the engine for ${entry.base.target}`]] : []),
          ['', `stands for a full plan of ${entry.fullPlanBytes} bytes`],
          ['', `onnx sha256 ${entry.onnxSha256}`],
          ['', `inputs sha256 ${entry.inputsSha256}`],
        ]
      : [['entry', 'none in the catalog']]),
    ...faults.map((fault) => ['✗', fault]),
    [
      'header',
      header.valid === null ? 'cannot be told here' : header.valid ? 'fits this GPU' : 'does not fit this GPU',
    ],
    ...header.bits.map(({ check, state }) => ['', `${check}: ${state}`]),
    ...(header.note ? [['', header.note]] : []),
  ];
  return columns(rows);
}
