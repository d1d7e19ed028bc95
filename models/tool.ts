/**
 * The code of a `whole` model, which says what the network's outputs mean for the picture. `models/<id>/tool.ts` exports it as `tool`; the
 * window and the hosts find it by the folder, for the window's job and for the queue's pictures. It never holds the picture, which may
 * have 200 megapixels and lies in a file: the picture host applies its answer.
 */
import type { OutputsEvent } from '../app/contract';
import type { Fit } from '../app/fit';
import { layOnGround, opaqueIn } from '../app/ground';
import type { ResultNote } from '../app/notes';
import type { Picture, Rect } from '../app/tiles';
import type { Rectangle, ToolAnswer } from '../app/toolAnswer';

export type { Point, Rectangle, TextRegion, ToolAnswer } from '../app/toolAnswer';
export type ToolOutput = OutputsEvent['outputs'][number];

export interface ToolInput {
  /** The picture's size, and whether it is transparent anywhere. */
  picture: { width: number; height: number; transparent: boolean };
  /** The network's outputs, in the card's order. */
  outputs: readonly ToolOutput[];
  /** How the picture was laid into the network's input. */
  fit: Fit;
  /** Size of the network's input, in pixels. */
  input: { width: number; height: number };
  /**
   * Cuts a part out of the picture, turned level and scaled.
   * @returns RGBA, width × height; transparent where the part lies outside of the picture.
   */
  cut(rectangle: Rectangle, width: number, height: number): Promise<Uint8Array>;
  /**
   * Cuts a level part out as the network takes it: on a plain ground where the picture is transparent (app/ground.ts).
   * @param region inside of the picture. @param seen its size in the network's input, where it lies at the top left.
   * @returns a picture of the input's size; black where the part does not fill it.
   */
  look(region: Rect, seen: { width: number; height: number }): Promise<Picture>;
  /**
   * Runs pictures of the network's input shape through this tool's network again, or through a part of the tool (a card whose `partOf`
   * names it). The window shows the progress, and a person may stop it. Null where two versions are compared: only the first outputs count.
   * @param progress given where these pictures are some of more.
   * @returns each picture's outputs, in the card's order.
   * @throws Error where there is no such network, or it failed or was stopped. A tool must not catch it.
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
  /** What the picture alone does not tell, such as that no faces were found; the words are in words/notes.ts. */
  note: ResultNote | null;
}

export interface Tool {
  /** Makes the answer of the outputs. @throws Error where the outputs are not what the card says. */
  finish(input: ToolInput): Promise<ToolResult>;
}

/** Looks by `cut`, where the picture's file is out of reach. */
export const lookBy =
  ({ cut, input }: Pick<ToolInput, 'cut' | 'input'>): ToolInput['look'] =>
  async ({ x, y, width, height }, seen) => {
    const centre = { x: x + width / 2, y: y + height / 2 };
    const rgba = await cut({ centre, along: { x: 1, y: 0 }, length: width, breadth: height }, seen.width, seen.height);
    layOnGround(rgba);
    return { ...input, rgb: opaqueIn(rgba, seen, input) };
  };

/** @returns the named output. @throws Error that says which outputs came instead. */
export function outputNamed(outputs: readonly ToolOutput[], name: string): ToolOutput {
  const output = outputs.find((o) => o.name === name);
  if (!output)
    throw new Error(`Expected output "${name}" but received ${outputs.map((o) => o.name).join(', ') || 'none'}`);
  return output;
}
