/**
 * The settings file `fairlead.yaml`: which rules are on, what is suppressed and why, and what holds of engine and host.
 * `settingFields` is the one definition: the check, the JSON Schema and docs/reference/settings.md come from it.
 */
import type { FileOrigin } from '../core/origin.ts';
import type { Severity } from '../network/answer.ts';
import type { Environment } from '../network/environment.ts';
import type { Listener } from '../network/model.ts';
import { profileFields } from './profile.ts';

export const SETTINGS_FILE = 'fairlead.yaml';

export interface Suppression {
  /** A rule's id (`R08`) or name. */
  readonly rule: string;
  /** Exactly the subject of the finding; any when undefined. */
  readonly subject?: string;
  /** A path, relative to the settings file; `*` stands for any characters. Any file when undefined. */
  readonly file?: string;
  readonly reason: string;
  readonly origin: FileOrigin;
}

export interface Settings {
  /** By rule id or name. `on` is for a rule that is off by default. */
  readonly rules: ReadonlyMap<string, 'on' | 'off' | Severity>;
  readonly suppress: readonly Suppression[];
  readonly environment: Partial<Environment>;
  readonly hostListeners: readonly Listener[];
}

export const noSettings: Settings = { rules: new Map(), suppress: [], environment: {}, hostListeners: [] };

export interface SettingField {
  readonly key: string;
  readonly type: string;
  readonly description: string;
  readonly default: string;
  readonly example: string;
}

export const settingFields: readonly SettingField[] = [
  {
    key: 'rules',
    type: 'map of rule to on, off, error, warning or info',
    description: 'Turns rules on or off, or changes the severity of their findings. A rule is named by its id or its name.',
    default: 'each rule as its page says',
    example: 'rules:\n  R33: on\n  multihomed-wrong-ip: off',
  },
  {
    key: 'suppress',
    type: 'list of { rule, subject, file, reason }',
    description:
      'Findings that are known and accepted. rule and reason are required; subject and file narrow it (`*` in file stands for anything).',
    default: 'none',
    example: 'suppress:\n  - rule: R08\n    subject: grafana\n    reason: only reached through the tunnel on this host',
  },
  {
    key: 'environment',
    type: 'map',
    description: `What holds of the engine and the host: ${profileFields.map((field) => `\`${field.key}\` (${field.description})`).join('; ')}. Flags win over it.`,
    default: 'unknown, and the verdicts that depend on it say so',
    example: 'environment:\n  docker: 28\n  platform: linux\n  hostFirewall: drop',
  },
  {
    key: 'hostListeners',
    type: 'list of [ADDRESS:]PORT[/tcp|/udp]',
    description: 'Services that listen on the host itself. Without an address it is every address of the host.',
    default: 'none',
    example: 'hostListeners:\n  - 9090\n  - 127.0.0.1:5432',
  },
];
