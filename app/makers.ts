/** Makers of graphics cards, of which a person may choose one for WebGPU. Pure. */

export const makers = ['nvidia', 'amd', 'intel'] as const;
export type Maker = (typeof makers)[number];

/** PCI's numbers of them. */
const vendors: Record<Maker, number> = { nvidia: 0x10de, amd: 0x1002, intel: 0x8086 };

/** Patterns of their Vulkan drivers' files, as the Vulkan loader takes them: NVIDIA's own and Mesa's. */
const drivers: Record<Maker, string> = {
  nvidia: '*nvidia*,*nouveau*',
  amd: '*radeon*,*amd*',
  intel: '*intel*',
};

/** @param facts as Electron's getGPUInfo tells them; anything else names no maker. */
export function makersIn(facts: unknown): Maker[] {
  const cards = typeof facts === 'object' && facts !== null ? Reflect.get(facts, 'gpuDevice') : undefined;
  const ids = new Set(Array.isArray(cards) ? cards.map((card: unknown) => idOf(card)) : []);
  return makers.filter((maker) => ids.has(vendors[maker]));
}

const idOf = (card: unknown): unknown =>
  typeof card === 'object' && card !== null ? Reflect.get(card, 'vendorId') : undefined;

/** Environment variables that leave a process only one maker's cards. Vulkan alone: Direct3D 12 has nothing like it. */
export const environmentOf = (maker: Maker | undefined): Record<string, string> =>
  maker ? { VK_LOADER_DRIVERS_SELECT: drivers[maker] } : {};
