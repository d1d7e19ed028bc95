import type { GpuRow } from '../../app/gpus';
import { graphicsMemory, shortGpuName } from '../../words/numbers';
import { words } from '../../words/window';
import { chooseDevice } from '../setup/commands';
import { useScreen } from '../store';
import { OptionList } from './OptionList';

/** The graphics cards of a machine that has several, the best first; nothing where there is one. @param labelledBy as of OptionList. */
export function GpuChoice({ labelledBy }: { labelledBy: string }) {
  const { rows, merit } = useScreen((screen) => screen.app.gpus);
  const preference = useScreen((screen) => screen.app.preference);
  const best = rows[0]?.gpu.uuid;
  const isWanted = ({ gpu, serves }: GpuRow): boolean => serves && gpu.uuid === preference.gpu;
  return (
    <OptionList
      labelledBy={labelledBy}
      testId="gpus"
      value={rows.find(isWanted)?.gpu.uuid ?? best ?? ''}
      options={rows.map(({ gpu, serves }) => {
        const isBest = gpu.uuid === best && merit;
        return {
          value: gpu.uuid,
          name: nameIn(rows, gpu.uuid),
          end: graphicsMemory(gpu.vramBytes),
          note: isBest ? words.devices.merits[merit] : serves ? undefined : words.devices.unserved,
          disabled: !serves,
        };
      })}
      // The best card is kept as "no card chosen": where a better one comes, that one is used.
      onChoose={(uuid) => void chooseDevice({ ...preference, gpu: uuid === best ? null : uuid })}
    />
  );
}

/** Two of one kind are told apart by their number. */
function nameIn(rows: readonly GpuRow[], uuid: string): string {
  const gpu = rows.find((row) => row.gpu.uuid === uuid)?.gpu;
  const name = shortGpuName(gpu?.name ?? '');
  const alike = rows.filter((row) => row.gpu.name === gpu?.name).map((row) => row.gpu.uuid);
  return alike.length > 1 ? words.devices.numbered({ name, number: alike.indexOf(uuid) + 1 }) : name;
}
