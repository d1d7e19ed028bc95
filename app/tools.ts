/** A tool is a network that the list shows, with the networks that are its parts: their cards name it. Pure. */
import type { ModelCard } from './catalog';
import { AppError } from './errors';

type Network = Pick<ModelCard, 'id' | 'partOf'>;

/** The networks that are tools, no part of another. */
export const toolsOf = <Each extends Network>(networks: readonly Each[]): Each[] =>
  networks.filter(({ partOf }) => partOf === undefined);

/** @throws AppError MODEL_MISSING where no tool has this id. */
export function toolOf<Each extends Network>(networks: readonly Each[], model: string): Each {
  const tool = toolsOf(networks).find(({ id }) => id === model);
  if (!tool) throw new AppError('MODEL_MISSING', { model });
  return tool;
}

/** Whether a network is the tool's own, or one of its parts. */
export const isNetworkOf = ({ id, partOf }: Network, tool: string): boolean => id === tool || partOf === tool;

/** Ids of a tool's networks, its own first. */
export const networksOf = (networks: readonly Network[], tool: string): string[] => [
  tool,
  ...networks.filter(({ partOf }) => partOf === tool).map(({ id }) => id),
];
