import type { ContainerSpec } from './container.ts';
import type { Remarks } from './remarks.ts';

/** Flags that mean something to docker, and hardly to a program in a container when they look like this. */
const misplaced: readonly { readonly flag: RegExp; readonly value: RegExp }[] = [
  { flag: /^(?:-p|--publish)$/, value: /^(?:[\d.]+:)?\d+(?:-\d+)?:\d+(?:-\d+)?(?:\/\w+)?$/ },
  { flag: /^(?:--network|--net)$/, value: /^[\w.-]+$/ },
  { flag: /^--add-host$/, value: /[:=]/ },
  { flag: /^--network-alias$/, value: /./ },
];

/** `docker run image -p 8080:80`: whatever stands behind the image goes to the program, and no port is published. */
export function checkArguments(spec: ContainerSpec, remarks: Remarks): void {
  // An image of docker itself, or a shell, takes docker's flags as well.
  if (/(?:^|\/)docker(?::|$|@)/.test(spec.image.value)) return;
  const [first] = spec.command;
  if (first === undefined || !first.value.startsWith('-')) return;
  for (const [index, text] of spec.command.entries()) {
    const value = spec.command[index + 1]?.value ?? '';
    if (!text.value.startsWith('-') && index === 0) return;
    if (misplaced.some((one) => one.flag.test(text.value) && one.value.test(value)))
      remarks.warning(
        'docker-flag-after-image',
        `${text.value} ${value} stands behind the image, so it is an argument of the program in the container and not a flag of docker`,
        `put it before ${spec.image.value}`,
        text.origin,
      );
  }
}
