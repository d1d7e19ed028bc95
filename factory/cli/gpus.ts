/**
 * NVIDIA cards by name: compute capability and memory in GB as printed on the box. For `refit select`, which answers for
 * machines that are not here; the app itself asks the driver. A name that is several cards is listed with each memory.
 */
import type { ComputeCapability } from '../../app/machine';

export interface KnownGpu {
  name: string;
  computeCapability: ComputeCapability;
  memoryGb: number;
}

/** `name:GB` lists by compute capability. */
const table: Record<string, string> = {
  '6.1': 'GTX 1060 6GB:6, GTX 1070:8, GTX 1080:8, GTX 1080 Ti:11, Tesla P40:24',
  '7.0': 'Tesla V100 16GB:16, Tesla V100 32GB:32, Titan V:12',
  '7.5':
    'GTX 1650:4, GTX 1660:6, GTX 1660 Super:6, GTX 1660 Ti:6, RTX 2060:6, RTX 2060 12GB:12, RTX 2060 Super:8, RTX 2070:8, ' +
    'RTX 2070 Super:8, RTX 2080:8, RTX 2080 Super:8, RTX 2080 Ti:11, Titan RTX:24, Quadro RTX 4000:8, Quadro RTX 5000:16, ' +
    'Quadro RTX 6000:24, Quadro RTX 8000:48, T400:4, T1000:8, Tesla T4:16',
  '8.0': 'A30:24, A100 40GB:40, A100 80GB:80',
  '8.6':
    'RTX 3050 6GB:6, RTX 3050 8GB:8, RTX 3050 Laptop:4, RTX 3060 8GB:8, RTX 3060 12GB:12, RTX 3060 Laptop:6, RTX 3060 Ti:8, ' +
    'RTX 3070:8, RTX 3070 Laptop:8, RTX 3070 Ti:8, RTX 3080 10GB:10, RTX 3080 12GB:12, RTX 3080 Ti:12, RTX 3080 Laptop 16GB:16, ' +
    'RTX 3090:24, RTX 3090 Ti:24, RTX A2000 6GB:6, RTX A2000 12GB:12, RTX A4000:16, RTX A4500:20, RTX A5000:24, ' +
    'RTX A6000:48, A2:16, A10:24, A16:16, A40:48',
  '8.7': 'Jetson AGX Orin 32GB:32, Jetson AGX Orin 64GB:64, Jetson Orin Nano:8',
  '8.9':
    'RTX 4050 Laptop:6, RTX 4060:8, RTX 4060 Laptop:8, RTX 4060 Ti 8GB:8, RTX 4060 Ti 16GB:16, RTX 4070:12, ' +
    'RTX 4070 Laptop:8, RTX 4070 Super:12, RTX 4070 Ti:12, RTX 4070 Ti Super:16, RTX 4080:16, RTX 4080 Laptop:12, ' +
    'RTX 4080 Super:16, RTX 4090:24, RTX 4090 D:24, RTX 4090 Laptop:16, RTX 2000 Ada:16, RTX 4000 Ada:20, RTX 4500 Ada:24, ' +
    'RTX 5000 Ada:32, RTX 6000 Ada:48, L4:24, L40:48, L40S:48',
  '9.0': 'H100 80GB:80, H100 NVL:94, H200:141, GH200 96GB:96, GH200 144GB:144',
  '10.0': 'B200:180, GB200:186',
  '11.0': 'Jetson AGX Thor:128',
  '12.0':
    'RTX 5050:8, RTX 5050 Laptop:8, RTX 5060:8, RTX 5060 Laptop:8, RTX 5060 Ti 8GB:8, RTX 5060 Ti 16GB:16, RTX 5070:12, ' +
    'RTX 5070 Laptop:8, RTX 5070 Ti:16, RTX 5070 Ti Laptop:12, RTX 5080:16, RTX 5080 Laptop:16, RTX 5090:32, RTX 5090 D:32, ' +
    'RTX 5090 Laptop:24, RTX PRO 4000 Blackwell:24, RTX PRO 4500 Blackwell:32, RTX PRO 5000 Blackwell:48, ' +
    'RTX PRO 6000 Blackwell:96',
  '12.1': 'GB10:128',
};

/** "8.9". @throws Error where it is no compute capability. */
export function parseCapability(text: string): ComputeCapability {
  const [, major, minor] = /^(\d{1,2})\.(\d)$/.exec(text) ?? [];
  if (major === undefined || minor === undefined)
    throw new Error(`Expected a compute capability such as 8.9 but received ${text}`);
  return { major: Number(major), minor: Number(minor) };
}

export const knownGpus: readonly KnownGpu[] = Object.entries(table).flatMap(([capability, names]) =>
  names.split(', ').map((item) => {
    const [name = '', memory] = item.split(':');
    return { name, computeCapability: parseCapability(capability), memoryGb: Number(memory) };
  }),
);

/** Without maker and brand, which people leave out: "NVIDIA GeForce RTX 4070" is "rtx4070". */
const plain = (name: string): string => name.toLowerCase().replaceAll(/nvidia|geforce|graphics|gpu|[^a-z0-9]/g, '');

/**
 * @returns the card of that name; else the cards whose name begins so (all memories of "RTX 3080"), or, where none does,
 * those that contain it.
 */
export function gpusNamed(name: string): KnownGpu[] {
  const wanted = plain(name);
  const exact = knownGpus.filter((gpu) => plain(gpu.name) === wanted);
  if (exact.length > 0 || wanted === '') return exact;
  const memories = knownGpus.filter((gpu) => plain(gpu.name.replace(/ \d+GB$/, '')) === wanted);
  if (memories.length > 0) return memories;
  return knownGpus.filter((gpu) => plain(gpu.name).includes(wanted));
}

/** The oldest driver branch of each CUDA version; 12.8 is where TensorRT-RTX begins. */
const cudaOfDriver = [
  [580, 13000],
  [575, 12090],
  [570, 12080],
  [560, 12060],
  [550, 12040],
  [535, 12020],
  [525, 12000],
  [470, 11040],
] as const;

/** The newest CUDA version that a driver serves, as CUDA writes it (13000 is 13.0); 0 of one too old to matter. */
export function cudaVersionOf(driver: string): number {
  const branch = Number.parseInt(driver, 10);
  return cudaOfDriver.find(([oldest]) => branch >= oldest)?.[1] ?? 0;
}
