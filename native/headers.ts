/** C++ headers of engine libraries, out of a crate: cargo fetches it, nothing of it is compiled. */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command, message } from './commands';

export interface HeaderCrate {
  name: string;
  version: string;
  /** Folder in it. */
  headers: string;
  /** CUDA's two types that the headers name; stands in for the CUDA toolkit. */
  cudaHeader: string;
  /** Over all headers: see `hashOfHeaders`. */
  sha256: string;
}

/**
 * Fetches a crate and copies its headers, checked by their hash.
 * @param into takes the headers. @param temporary a folder that the caller removes.
 * @param instead what may be set where cargo is missing, for the error: a variable and to what.
 * @throws Error that says what to do.
 */
export async function fetchHeaders(crate: HeaderCrate, temporary: string, into: string, instead: string) {
  // cargo knows the registry and the user's mirrors; a package that depends on the crate is how one asks it for sources.
  const asking = join(temporary, 'crate');
  await mkdir(asking);
  await writeFile(join(asking, 'lib.rs'), '');
  await writeFile(
    join(asking, 'Cargo.toml'),
    `[package]\nname = "refit-sdk"\nversion = "0.0.0"\nedition = "2021"\n[lib]\npath = "lib.rs"\n` +
      `[dependencies]\n${crate.name} = "=${crate.version}"\n`,
  );
  try {
    await command('cargo', ['vendor', '--quiet', 'vendor'], asking);
  } catch (error) {
    throw new Error(
      `cargo could not fetch the crate ${crate.name}. Install Rust's cargo (1.85 or newer) and check the network, or set ` +
        `${instead}. ${message(error)}`,
    );
  }
  const sources = join(asking, 'vendor', crate.name);
  await cp(join(sources, crate.headers), into, { recursive: true });
  await cp(join(sources, crate.cudaHeader), join(into, 'cuda_runtime_api.h'));
  requireHash(`headers of ${crate.name}`, await hashOfHeaders(into), crate.sha256);
}

/** sha256 over "name sha256" lines, by name. */
async function hashOfHeaders(folder: string): Promise<string> {
  const all = createHash('sha256');
  for (const name of (await readdir(folder)).sort()) {
    const one = createHash('sha256').update(await readFile(join(folder, name)));
    all.update(`${name} ${one.digest('hex')}\n`);
  }
  return all.digest('hex');
}

/** @throws Error where they differ. */
export function requireHash(what: string, hash: string, expected: string): void {
  if (hash !== expected)
    throw new Error(
      `${what}: expected sha256 ${expected} but received ${hash}. The file is damaged or not the pinned one.`,
    );
}
