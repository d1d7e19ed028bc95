/**
 * What Refit needs to know of a machine. host/detect.ts gathers the facts and `select.ts` judges them. Each fact stands alone, so
 * that a missing driver does not hide a missing library.
 */

/** A fact, or why it is unknown. `reason` has the operating system's or the library's own words. */
export type Fact<T> = { kind: 'known'; value: T } | { kind: 'unknown'; reason: string };

/** CUDA compute capability, as in NVIDIA's tables: 8.9 is `{ major: 8, minor: 9 }`. */
export interface ComputeCapability {
  major: number;
  minor: number;
}

export interface Gpu {
  /** CUDA device ordinal. */
  index: number;
  /** As the driver says it: "NVIDIA GeForce RTX 4070". */
  name: string;
  /** Stable across reboots, "GPU-…"; part of a cache entry's key. */
  uuid: string;
  computeCapability: ComputeCapability;
  vramBytes: number;
  multiprocessors: number;
  /** The highest clock; 0 where the driver does not tell it. */
  clockKhz: number;
}

export interface Driver {
  /** NVIDIA's driver version, "580.159.04"; null where NVML, which tells it, is missing. */
  version: string | null;
  /** The newest CUDA version the driver serves, as CUDA writes it: 13000 is 13.0. */
  cudaVersion: number;
}

export interface Machine {
  driver: Fact<Driver>;
  gpus: Fact<Gpu[]>;
  /** The engine library: name and version as catalog entries write it, "tensorrt-rtx 1.6.1". */
  runtime: Fact<string>;
  /** The ONNX parser library that refits from an ONNX file; its path. */
  parser: Fact<string>;
}

/** "8.9" for people and for comparison with a catalog. */
export const formatCapability = ({ major, minor }: ComputeCapability): string => `${major}.${minor}`;
