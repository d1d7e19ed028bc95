/** Pictures whose results can be told apart, for killed.integration.test.ts. */

/** Many of one name, so that their results meet. */
export const pictures = Array.from({ length: 150 }, (_, i) => ({
  id: i + 1,
  name: `${i % 7}.png`,
  folder: `${i % 2}`,
}));

/** What is written of one; no two have one size. */
export const contentOf = (id: number): string => `${`${id} `.padEnd(20, '.').repeat(500)}${'!'.repeat(id)}`;
