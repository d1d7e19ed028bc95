/** Where a catalog's engines and kernels lie below `engines/`. Apart from the catalog's schemas, which take long to read. */
import type { EngineEntry, KernelsEntry } from './catalog';
import { runtimeSlug } from './runtimes';

export type EnginePlace = Pick<EngineEntry, 'model' | 'profile' | 'runtime' | 'target'>;

/** `engines/`-relative path of an entry's compressed engine. */
export const engineFile = ({ model, profile, runtime, target }: EnginePlace): string =>
  `${model}/${profile}/${runtimeSlug(runtime)}/${target}.engine.br`;

/** `engines/`-relative path of compressed kernels. */
export const kernelsFile = ({ model, profile, runtime, target, sm }: EnginePlace & Pick<KernelsEntry, 'sm'>): string =>
  `${model}/${profile}/${runtimeSlug(runtime)}/${target}.${sm}.kernels.br`;
