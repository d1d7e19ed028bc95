/**
 * What a `whole` model's own code does: says what its network's outputs mean for the picture. `models/<id>/tool.ts` exports one as
 * `tool`; the window finds it by its folder. It never holds the picture: that lies in a file, may have 200 megapixels, and what is
 * answered is done to it elsewhere.
 */
import type { OutputsEvent } from '../app/contract';
import type { Fit } from '../app/fit';
import type { ResultNote } from '../app/notes';
import type { Picture } from '../app/tiles';
import type { Rectangle, ToolAnswer } from '../app/toolAnswer';

export type { Point, Rectangle, TextRegion, ToolAnswer } from '../app/toolAnswer';
export type ToolOutput = OutputsEvent['outputs'][number];

export interface ToolInput {
  /** The picture's own size, and whether something shines through. */
  picture: { width: number; height: number; transparent: boolean };
  /** In the card's order. */
  outputs: readonly ToolOutput[];
  /** How the picture was laid into the network's input. */
  fit: Fit;
  /** The network's input, pixels. */
  input: { width: number; height: number };
  /**
   * A part of the picture at another size, turned level.
   * @returns RGBA, width × height; what lies outside of the picture is transparent.
   */
  cut(rectangle: Rectangle, width: number, height: number): Promise<Uint8Array>;
  /**
   * Runs pictures of its input's shape through this tool's network again, or through another one of it (a card whose `partOf` names
   * it). Shows how far it is; a person may stop it. Null where two versions are compared, and only the first outputs count.
   * @param progress where these pictures are some of more.
   * @returns each picture's outputs, in the card's order.
   * @throws where there is no such network, where it failed or was stopped: not to be caught.
   */
  run:
    | ((
        model: string,
        pictures: readonly Picture[],
        progress?: { done: number; total: number },
      ) => Promise<readonly (readonly ToolOutput[])[]>)
    | null;
}

export interface ToolResult {
  answer: ToolAnswer;
  /** What to say where the picture alone does not tell, as that no faces were found; its words are in words/notes.ts. */
  note: ResultNote | null;
}

export interface Tool {
  /** @throws where the outputs are not what the card says. */
  finish(input: ToolInput): Promise<ToolResult>;
}

/** The named output, or an error that says what came instead. */
export function outputNamed(outputs: readonly ToolOutput[], name: string): ToolOutput {
  const output = outputs.find((o) => o.name === name);
  if (!output)
    throw new Error(`Expected output "${name}" but received ${outputs.map((o) => o.name).join(', ') || 'none'}`);
  return output;
}
