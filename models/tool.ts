/**
 * What a `whole` model's own code does: turns its network's outputs into a picture. `models/<id>/tool.ts` exports one as
 * `tool`; the window finds it by its folder. Runs in the window, where there is a canvas and nothing else.
 */
import type { OutputsEvent } from '../app/contract';
import type { Fit } from '../app/fit';

export type ToolOutput = OutputsEvent['outputs'][number];

export interface ToolInput {
  /** The picture as it was opened, in its own size. Not to be drawn on. */
  original: HTMLCanvasElement;
  /** In the card's order. */
  outputs: readonly ToolOutput[];
  /** How the picture was laid into the network's input. */
  fit: Fit;
  /** The network's input, pixels. */
  input: { width: number; height: number };
  /**
   * Runs pictures through another network of this tool (a card whose `partOf` names it), each laid into that network's input
   * as its card says. Shows how far it is; a person may stop it.
   * @returns each picture's outputs, in the card's order.
   * @throws where there is no such network, where it failed or was stopped: not to be caught.
   */
  run(model: string, pictures: readonly HTMLCanvasElement[]): Promise<readonly (readonly ToolOutput[])[]>;
}

/** A piece of text in the picture. */
export interface TextRegion {
  text: string;
  /** 0 to 1. */
  confidence: number;
  /** In pixels of the original, from the text's own top left corner on, in reading direction; y downwards. */
  corners: readonly [Point, Point, Point, Point];
}

export interface Point {
  x: number;
  y: number;
}

export interface ToolResult {
  /** The original's size; null where the picture stays as it is. */
  canvas: HTMLCanvasElement | null;
  /** One sentence in a user's words where the picture alone does not tell, "No faces were found."; else empty. */
  note: string;
  /** Text in reading order: shown over the picture, to be selected, copied and saved. */
  regions?: readonly TextRegion[];
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

/** A canvas of a size with its context. @throws where Chromium has no memory left for it. */
export function makeCanvas(
  width: number,
  height: number,
  settings?: CanvasRenderingContext2DSettings,
): { canvas: HTMLCanvasElement; context: CanvasRenderingContext2D } {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', settings);
  if (!context) throw new Error(`Expected a canvas of ${width} × ${height} but received none`);
  context.imageSmoothingQuality = 'high';
  return { canvas, context };
}
