/** What each part of the packaged app may weigh. A part over its budget fails CI: growth is decided, not found. */

export const parts = [
  'Electron',
  'TensorRT-RTX libraries',
  'ONNX Runtime',
  'libvips',
  'Addon',
  'Models',
  'Engines',
  'Kernels',
  'App code',
  'Notices',
] as const;
export type Part = (typeof parts)[number];

const MB = 1e6;
/** Installed bytes. */
export const budgets: Record<Part, number> = {
  Electron: 300 * MB,
  'TensorRT-RTX libraries': 220 * MB,
  'ONNX Runtime': 50 * MB,
  // 19 MB, of which JPEG and WebP are a fifth; no smaller build is published.
  libvips: 21 * MB,
  Addon: 2 * MB,
  Models: 100 * MB,
  Engines: 1.5 * MB,
  Kernels: 2 * MB,
  'App code': 4 * MB,
  // Licence texts, the bill of materials, the signed manifest.
  Notices: 1 * MB,
};

/** The Linux package as it is downloaded, by LZMA. */
export const packageBudget = 240 * MB;
/** How many times as large the same files are by zstd, as tools/package.ts packs those for tests: 272.1 MB where xz gave 225.8. */
const quickly = 1.2;

/** A Linux package: its bytes, and whether it was packed quickly, which says what a person downloads by a factor only. */
export interface Packed {
  bytes: number;
  isQuick: boolean;
}

/** Bytes that a person downloads. */
export const download = ({ bytes, isQuick }: Packed): number => (isQuick ? bytes / quickly : bytes);

/** Share of that package that all engines and kernels together may be. */
const engineShare = 0.007;

/** Which part a file of the packaged app belongs to. @param file path below the app's folder, forward slashes. */
export function partOf(file: string): Part {
  if (!file.startsWith('resources/')) return 'Electron';
  if (file.startsWith('resources/native/lib/')) return 'TensorRT-RTX libraries';
  if (file.startsWith('resources/native/')) return 'Addon';
  if (file.startsWith('resources/models/')) return 'Models';
  if (file.startsWith('resources/engines/')) return file.endsWith('.kernels.br') ? 'Kernels' : 'Engines';
  if (file.startsWith('resources/app.asar.unpacked/node_modules/onnxruntime-node/')) return 'ONNX Runtime';
  if (file.startsWith('resources/app.asar.unpacked/node_modules/@img/')) return 'libvips';
  if (file.startsWith('resources/app.asar')) return 'App code';
  return 'Notices';
}

/**
 * Says in words which part is over its budget; empty if none is.
 * @param bytes installed, of each part. @param packed the package, where one was made.
 */
export function overBudget(bytes: Record<Part, number>, packed: Packed | null): string[] {
  const over = parts
    .filter((part) => bytes[part] > budgets[part])
    .map((part) => `${part}: ${inMB(bytes[part])}, budget ${inMB(budgets[part])}`);
  if (packed === null) return over;
  // Engines and kernels are compressed already, so the package makes them no smaller.
  const downloaded = download(packed);
  const share = (bytes.Engines + bytes.Kernels) / downloaded;
  if (share > engineShare)
    over.push(`Engines and kernels: ${percent(share)} of the Linux package, budget ${percent(engineShare)}`);
  if (downloaded > packageBudget) over.push(`Linux package: ${inMB(downloaded)}, budget ${inMB(packageBudget)}`);
  return over;
}

const inMB = (bytes: number): string => `${(bytes / MB).toFixed(1)} MB`;
const percent = (fraction: number): string => `${(fraction * 100).toFixed(2)} %`;
