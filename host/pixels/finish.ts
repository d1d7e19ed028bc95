/**
 * Runs tools' own code (models/tool.ts) on pictures of the queue, beside their pixels: what it cuts out of a picture travels nowhere.
 * Where it asks for networks it stands still until main has run them.
 */
import { AppError } from '../../app/errors';
import { partsIn } from '../../app/parts';
import type { Picture } from '../../app/tiles';
import type { Tool, ToolOutput } from '../../models/tool';
import type { Answer, HostCalls } from '../protocol';
import { cut } from './cut';
import { laid } from './fit';
import type { Maps } from './layers';
import { readAnswer, writeSheet } from './sheet';

type Asked = HostCalls['finish']['args'];
type Outputs = ToolOutput[];
/** What it asks for next, or its answer. */
type Said = HostCalls['finish']['result'];

/** @throws Error if a `whole` model came without code. */
async function toolFor(model: string): Promise<Tool> {
  const { tool } = (await import(`../../models/${model}/tool.ts`)) as { tool: Tool };
  return tool;
}

export class Finishes {
  private readonly underWay = new Map<number, Finish>();

  constructor(private readonly maps: () => Maps) {}

  /** @throws what the tool throws. */
  async begin(asked: Asked): Promise<Said> {
    const tool = await toolFor(asked.model);
    const maps = this.maps();
    const outputs = await readAnswer(maps, asked.sheet, asked.outputs);
    const finish = new Finish(tool, asked, outputs, maps);
    this.underWay.set(asked.id, finish);
    return finish.next();
  }

  /** @throws what the tool throws; AppError HOST_DIED where it runs in no process any more. */
  async goOn(id: number, answers: Answer[]): Promise<Said> {
    const finish = this.underWay.get(id);
    if (!finish) throw new AppError('HOST_DIED', {}, `no tool runs as ${id}`);
    await finish.answer(answers);
    return finish.next();
  }

  /** It is through, or nobody waits for it any more: it cuts no more out of its picture. */
  end(id: number): void {
    this.underWay.get(id)?.end();
    this.underWay.delete(id);
  }
}

interface Ask {
  model: string;
  pictures: Picture[];
  resolve(outputs: Outputs[]): void;
  reject(error: Error): void;
}

class Finish {
  private readonly asks: Ask[] = [];
  private readonly result: Promise<Said>;
  private isEnded = false;
  private onAsk: () => void = () => {};

  constructor(
    tool: Tool,
    private readonly asked: Asked,
    outputs: Outputs,
    private readonly maps: Maps,
  ) {
    const { picture: layer, fit, input } = asked;
    const { width, height } = layer.picture;
    const made = tool.finish({
      picture: { width, height, transparent: layer.alpha !== undefined },
      outputs,
      fit,
      input,
      cut: async (rectangle, width, height) => {
        if (this.isEnded) throw new AppError('BUSY', {});
        return cut(maps, layer, rectangle, width, height);
      },
      look: async (region, seen) => {
        if (this.isEnded) throw new AppError('BUSY', {});
        return { ...input, rgb: await laid(maps, layer, region, seen, input) };
      },
      run: async (model, pictures) => {
        const found: Outputs[] = [];
        for (const some of partsIn(pictures)) found.push(...(await this.ask(model, some)));
        return found;
      },
    });
    this.result = made.then((result) => ({ kind: 'done', ...result }));
    // Of one that was ended nobody hears.
    this.result.catch(() => {});
  }

  /** Resolves with what it asks for next, or with its answer. */
  async next(): Promise<Said> {
    const asked = new Promise<void>((resolve) => {
      this.onAsk = resolve;
      if (this.asks.length > 0) resolve();
    });
    const said = await Promise.race([this.result, asked]);
    if (said) return said;
    const { model, pictures } = this.asks[0] as Ask;
    await writeSheet(this.maps, this.asked.sheet, pictures);
    const { width, height } = pictures[0] ?? this.asked.input;
    return { kind: 'asks', model, width, height, count: pictures.length };
  }

  async answer(answers: Answer[]): Promise<void> {
    const { maps, asked } = this;
    const outputs = await Promise.all(answers.map((answer) => readAnswer(maps, asked.sheet, answer)));
    this.asks.shift()?.resolve(outputs);
  }

  end(): void {
    this.isEnded = true;
    for (const { reject } of this.asks.splice(0)) reject(new AppError('BUSY', {}));
  }

  private ask(model: string, pictures: Picture[]): Promise<Outputs[]> {
    return new Promise((resolve, reject) => {
      if (this.isEnded) return reject(new AppError('BUSY', {}));
      this.asks.push({ model, pictures, resolve, reject });
      this.onAsk();
    });
  }
}
