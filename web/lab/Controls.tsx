import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { type Parameter, rangeText, type Value, valuesOf } from '../../src/lab/values.ts';
import { replace } from '../app/route.ts';
import { copyText } from '../app/save.ts';
import { strings } from '../strings/index.ts';
import type { ScenarioEntry } from '../worker/protocol.ts';
import { type LabSettings, writeSettings } from './settings.ts';

interface ControlsProps {
  readonly entry: ScenarioEntry;
  readonly settings: LabSettings;
}

/** Every parameter of a scenario; each change is a new address and a new run. */
export function Controls({ entry, settings }: ControlsProps): VNode {
  const t = strings.value.lab;
  const { request, whatIf } = settings;
  const values = valuesOf(entry.parameters, request.values);
  const set = (key: string, value: Value): void =>
    replace('lab', entry.name, writeSettings(entry, { ...values, [key]: value }, request.seed, whatIf));
  return (
    <form class="parameters" aria-label={t.parameters} onSubmit={(event) => event.preventDefault()}>
      <h2>{entry.name}</h2>
      {Object.entries(entry.parameters).map(([key, parameter]) => (
        <Control
          key={key}
          name={key}
          parameter={parameter}
          value={values[key]!}
          set={(value) => set(key, value)}
        />
      ))}
      <label>
        {t.seed}
        <input
          type="number"
          min="0"
          value={request.seed}
          onChange={(event) =>
            replace(
              'lab',
              entry.name,
              writeSettings(entry, values, Number(event.currentTarget.value), whatIf),
            )
          }
        />
      </label>
      <WhatIf entry={entry} settings={settings} />
      <p class="actions">
        <button type="button" onClick={() => replace('lab', entry.name, {})}>
          {t.reset}
        </button>
        <CopyLink />
      </p>
    </form>
  );
}

function CopyLink(): VNode {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    const { origin, pathname, hash } = location;
    await copyText(origin + pathname + hash);
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <button type="button" onClick={() => void copy()}>
      {copied ? strings.value.app.copied : strings.value.lab.link}
    </button>
  );
}

interface ControlProps {
  readonly name: string;
  readonly parameter: Parameter;
  readonly value: Value;
  readonly set: (value: Value) => void;
}

function Control({ name, parameter, value, set }: ControlProps): VNode {
  const id = `parameter-${name.replaceAll(' ', '-')}`;
  return (
    <label for={id}>
      <span>
        {name}
        {parameter.kind === 'number' && parameter.unit !== '' ? `, ${parameter.unit}` : ''}
      </span>
      <Input id={id} name={name} parameter={parameter} value={value} set={set} />
      <small lang="en">{parameter.describes}</small>
    </label>
  );
}

function Input({ id, name, parameter, value, set }: ControlProps & { readonly id: string }): VNode {
  const t = strings.value.lab;
  const changed = value === parameter.default ? '' : 'changed';
  switch (parameter.kind) {
    case 'flag':
      return (
        <select
          id={id}
          name={name}
          class={changed}
          value={value ? 'on' : 'off'}
          onChange={(event) => set(event.currentTarget.value === 'on')}
        >
          <option value="on">{t.on}</option>
          <option value="off">{t.off}</option>
        </select>
      );
    case 'choice':
      return (
        <select
          id={id}
          name={name}
          class={changed}
          value={String(value)}
          onChange={(event) => set(event.currentTarget.value)}
        >
          {parameter.choices.map((word) => (
            <option key={word} value={word}>
              {word}
            </option>
          ))}
        </select>
      );
    case 'number':
      return (
        <input
          type="number"
          id={id}
          name={name}
          class={changed}
          min={parameter.min}
          max={parameter.max}
          step={parameter.whole ? 1 : 'any'}
          value={Number(value)}
          title={rangeText(parameter)}
          onChange={(event) => {
            if (event.currentTarget.checkValidity()) set(Number(event.currentTarget.value));
            else event.currentTarget.reportValidity();
          }}
        />
      );
  }
}

/** Chooses what the second run has otherwise. */
function WhatIf({ entry, settings }: ControlsProps): VNode | null {
  const t = strings.value.lab;
  const { request, whatIf } = settings;
  const keys = Object.keys(entry.parameters);
  if (keys.length === 0) return null;
  const values = valuesOf(entry.parameters, request.values);
  const to = (change: LabSettings['whatIf']): void =>
    replace('lab', entry.name, writeSettings(entry, values, request.seed, change));
  const begin = (key: string): void => {
    if (key === '') to(null);
    else to({ key, value: otherValue(entry.parameters[key]!, values[key]!) });
  };
  return (
    <fieldset>
      <legend>{t.compare}</legend>
      <label>
        {t.compareWith}
        <select
          name="what-if"
          value={whatIf?.key ?? ''}
          onChange={(event) => begin(event.currentTarget.value)}
        >
          <option value="">–</option>
          {keys.map((key) => (
            <option key={key} value={key}>
              {key}
            </option>
          ))}
        </select>
      </label>
      {whatIf !== null && (
        <>
          <Control
            name={`${whatIf.key} ${t.compareTo}`}
            parameter={entry.parameters[whatIf.key]!}
            value={whatIf.value}
            set={(value) => to({ key: whatIf.key, value })}
          />
          <button type="button" onClick={() => to(null)}>
            {t.stop}
          </button>
        </>
      )}
    </fieldset>
  );
}

/** A first proposal that is not the present value. */
function otherValue(parameter: Parameter, value: Value): Value {
  switch (parameter.kind) {
    case 'flag':
      return !value;
    case 'choice':
      return parameter.choices.find((word) => word !== value) ?? value;
    case 'number':
      return [Number(value) * 2, Number(value) / 2, parameter.min, parameter.max]
        .map((n) => (parameter.whole ? Math.round(n) : n))
        .find((n) => n !== value && n >= parameter.min && n <= parameter.max)!;
  }
}
