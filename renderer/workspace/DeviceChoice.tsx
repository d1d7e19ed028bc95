import { useId } from 'react';
import type { Maker } from '../../app/makers';
import type { Runner } from '../../app/runner';
import { runners } from '../../app/runner';
import { networksOf } from '../../app/tools';
import { fullWordsOf } from '../../words/errors';
import { duration } from '../../words/numbers';
import { words } from '../../words/window';
import { takesOf } from '../job/takes';
import { GpuChoice } from '../parts/GpuChoice';
import { OptionList } from '../parts/OptionList';
import optionStyles from '../parts/options.module.css';
import { chooseDevice } from '../setup/commands';
import { selectedModel, useScreen } from '../store';
import styles from './status.module.css';

/** No maker: WebGPU takes the card that it finds first. */
const first = 'first' as const;

/** What else there is to compute on, with what each takes for the open picture, for a person to choose. Kept until they choose again. */
export function DeviceChoice() {
  const app = useScreen((screen) => screen.app);
  const models = useScreen((screen) => screen.models);
  const tool = useScreen(selectedModel);
  const cards = useId();
  const devices = useId();
  const others = useId();
  const { preference, webgpu, gpus, makers } = app;
  const takes = tool ? takesOf(app, models, tool) : {};
  const rows = webgpu.filter(({ model }) => tool && networksOf(models, tool.id).includes(model));
  const refused = rows.find((row) => row.kind === 'refused');
  const noteOf: Record<Runner, string> = {
    gpu: words.devices.automatic,
    // Of the one that was chosen the card says so already.
    webgpu:
      refused && preference.upTo !== 'webgpu'
        ? fullWordsOf(refused.reason)
        : rows.some(({ kind }) => kind === 'trying')
          ? words.devices.webgpuTrying
          : words.devices.webgpu,
    cpu: words.devices.processor,
  };
  // Automatic is the fastest of what serves.
  const ms: Record<Runner, number | undefined> = { gpu: takes.fastest, webgpu: takes.webgpu, cpu: takes.cpu };
  const isTimed = Object.values(ms).some((took) => took !== undefined);
  return (
    <>
      <section className={styles.choice}>
        <h3 id={devices}>
          {words.devices.runsOn}
          {isTimed && <span>{words.devices.forPicture}</span>}
        </h3>
        <OptionList
          labelledBy={devices}
          testId="device"
          value={preference.upTo}
          options={runners.map((runner) => {
            const took = ms[runner];
            return {
              value: runner,
              name: words.devices.names[runner],
              note: noteOf[runner],
              end: took === undefined ? undefined : words.devices.takesAbout({ time: duration(took) }),
            };
          })}
          onChoose={(upTo) => void chooseDevice({ ...preference, upTo })}
        />
      </section>
      {makers.length > 1 && preference.upTo !== 'cpu' && (
        <section className={styles.choice}>
          <h3 id={others}>{words.devices.makers}</h3>
          <OptionList<Maker | typeof first>
            labelledBy={others}
            testId="makers"
            value={preference.maker ?? first}
            options={[first, ...makers].map((value) => ({ value, name: words.devices.makerNames[value] }))}
            onChoose={(value) => {
              const { maker: _, ...rest } = preference;
              void chooseDevice(value === first ? rest : { ...rest, maker: value });
            }}
          />
        </section>
      )}
      {gpus.rows.length > 1 && (
        <section className={styles.choice}>
          <h3 id={cards}>{words.devices.card}</h3>
          <GpuChoice labelledBy={cards} />
          {gpus.rows.filter(({ serves }) => serves).length > 1 && (
            <div className={optionStyles.keep}>
              <label>
                <input
                  type="checkbox"
                  checked={preference.sharesQueue ?? false}
                  disabled={preference.upTo !== 'gpu'}
                  data-testid="gpus-share"
                  onChange={({ target }) => {
                    const { sharesQueue: _, ...rest } = preference;
                    void chooseDevice(target.checked ? { ...rest, sharesQueue: true } : rest);
                  }}
                />
                {words.devices.sharesQueue}
              </label>
            </div>
          )}
        </section>
      )}
    </>
  );
}
