/** Statuses of remote configurations and connection settings: numbers on the wire, words in our records. */
import { ConnectionSettingsStatuses, PackageStatusEnum, RemoteConfigStatuses } from './opamp.ts';

/** The words of both kinds of status; both have the same numbers. */
export const applyStatuses = ['unset', 'applied', 'applying', 'failed'] as const;
export type ApplyStatus = (typeof applyStatuses)[number];

const remoteConfig: Readonly<Record<ApplyStatus, RemoteConfigStatuses>> = {
  unset: RemoteConfigStatuses.UNSET,
  applied: RemoteConfigStatuses.APPLIED,
  applying: RemoteConfigStatuses.APPLYING,
  failed: RemoteConfigStatuses.FAILED,
};

const connectionSettings: Readonly<Record<ApplyStatus, ConnectionSettingsStatuses>> = {
  unset: ConnectionSettingsStatuses.UNSET,
  applied: ConnectionSettingsStatuses.APPLIED,
  applying: ConnectionSettingsStatuses.APPLYING,
  failed: ConnectionSettingsStatuses.FAILED,
};

export const toRemoteConfigStatus = (status: ApplyStatus): RemoteConfigStatuses => remoteConfig[status];
export const toConnectionSettingsStatus = (status: ApplyStatus): ConnectionSettingsStatuses => connectionSettings[status];

/** Takes any number, since a newer peer may send one that we do not know: it says nothing, `unset`. */
export function fromRemoteConfigStatus(status: number): ApplyStatus {
  return applyStatuses.find((word) => remoteConfig[word] === status) ?? 'unset';
}

export function fromConnectionSettingsStatus(status: number): ApplyStatus {
  return applyStatuses.find((word) => connectionSettings[word] === status) ?? 'unset';
}

const packages: Readonly<Record<number, string>> = {
  [PackageStatusEnum.INSTALLED]: 'installed',
  [PackageStatusEnum.INSTALL_PENDING]: 'install pending',
  [PackageStatusEnum.INSTALLING]: 'installing',
  [PackageStatusEnum.INSTALL_FAILED]: 'install failed',
  [PackageStatusEnum.DOWNLOADING]: 'downloading',
};

/** For people; a status of a newer agent shows as its number. */
export function packageStatusText(status: number): string {
  return packages[status] ?? `status ${status}`;
}
