import type { FileOrigin } from '../../core/origin.ts';
import { DEFAULT_BRIDGE, type Network, type Workload } from '../../network/model.ts';
import { isUserDefined } from './attachments.ts';
import type { Attachment, ContainerSpec } from './container.ts';
import type { Call } from './interpreter.ts';
import { defaultBridge, externalNetwork } from './network-create.ts';
import type { Remarks } from './remarks.ts';
import type { Text } from './word.ts';

/** A container as the commands so far have made it. */
export interface Container {
  readonly id: string;
  /** As the engine knows it; undefined when it makes one up. */
  name: string | undefined;
  readonly spec: ContainerSpec;
  readonly origin: FileOrigin;
  readonly call: Call;
  readonly attachments: Map<string, Attachment>;
  /** `--link` of `run` and of `network connect`. */
  readonly links: Workload['legacyLinks'][number][];
  /** `host`, `none` or `container:x`, where it has no networks of its own. */
  readonly mode: Text | undefined;
  /** The container whose namespace it joined when it was last started, with `container:x`. */
  joined: Joined | undefined;
  /** The commands that ended its process; with each of them its namespace was gone, and a start made a new one. */
  readonly ends: End[];
  state: Workload['state'];
}

interface Joined {
  readonly owner: Container;
  /** How often the owner had ended by then: another number later means that the joined namespace is dead. */
  readonly after: number;
}

export interface End {
  readonly text: string;
  readonly origin: FileOrigin;
}

interface MadeNetwork {
  readonly network: Network;
  readonly call: Call | undefined;
  /** Where something used it before it was made. */
  readonly usedBefore?: Text;
}

export interface StateOptions {
  /**
   * True for pages: they show one way after the other and clean up at the end. Blocks that repeat a name or a host port
   * are alternatives, of which the first is taken, and removals only make a name free again.
   */
  readonly page: boolean;
}

/** Carries out commands in their order on an engine that starts empty. */
export class EngineState {
  readonly #remarks: Remarks;
  readonly #page: boolean;
  readonly #containers = new Map<string, Container>();
  readonly #byName = new Map<string, Container>();
  readonly #networks = new Map<string, MadeNetwork>();
  /** Names that were given back by a removal that we do not carry out. */
  readonly #freed = new Set<string>();
  /** Host ports by `port/transport`, for telling alternatives on a page. */
  readonly #hostPorts = new Map<string, Container>();
  #unnamed = 0;
  /** Networks that nothing in the input made when they were used. */
  readonly #missing: Text[] = [];
  /** A network was made under a name that only a running shell knows. */
  #madeUnknown = false;

  constructor(remarks: Remarks, options: StateOptions) {
    this.#remarks = remarks;
    this.#page = options.page;
  }

  get containers(): readonly Container[] {
    return [...this.#containers.values()];
  }

  get networks(): readonly Network[] {
    return [...this.#networks.values()].map(({ network }) => network);
  }

  /** Gives the new container's id; undefined when the engine would refuse it, or when it stands for one that we have. */
  create(spec: ContainerSpec, call: Call, origin: FileOrigin): string | undefined {
    const name = spec.name?.value;
    if (name !== undefined && !this.#admitsName(name, spec, call)) return undefined;
    if (name === undefined && this.#isAlternativeOf(spec, call) !== undefined) return undefined;
    const id = name === undefined || this.#containers.has(name) ? this.#makeUpId() : name;
    const [first] = spec.attachments;
    const mode =
      first !== undefined && ['host', 'none'].includes(first.network.value)
        ? first.network
        : first?.network.value.startsWith('container:')
          ? first.network
          : undefined;
    const container: Container = {
      id,
      name,
      spec,
      origin,
      call,
      attachments: new Map(),
      links: spec.links.map(({ target, alias, text }) => ({ target, alias, origin: text.origin })),
      mode,
      joined: undefined,
      ends: [],
      state: 'running',
    };
    this.#join(container);
    this.#containers.set(id, container);
    if (name !== undefined) this.#byName.set(name, container);
    this.#freed.delete(id);
    if (mode === undefined) this.#attachAll(container, spec);
    for (const port of spec.ports) if (port.hostPort !== undefined) this.#hostPorts.set(`${port.hostPort}/${port.transport}`, container);
    return id;
  }

  createNetwork(network: Network, name: Text, call: Call): string | undefined {
    if (!name.known) this.#madeUnknown = true;
    const existing = this.#networks.get(network.id);
    if (!isUserDefined(network.id)) {
      this.#remarks.error(
        'docker-network-predefined',
        `the network "${network.id}" is predefined and cannot be made`,
        'choose another name',
        name.origin,
      );
      return undefined;
    }
    if (existing?.call !== undefined) {
      if (!this.#toleratesRepetition(network.id, call, existing.call))
        this.#remarks.error(
          'docker-network-exists',
          `a network named "${network.id}" was made already, on line ${lineOf(existing.network)}`,
          'choose another name, or remove the first one',
          name.origin,
        );
      if (!this.#freed.delete(network.id)) return network.id;
    }
    // Used first and made later: the order of functions in a script, or of the sections of a page, says nothing.
    if (existing?.usedBefore !== undefined && call.certain && !this.#page)
      this.#remarks.warning(
        'docker-network-too-late',
        `the network "${network.id}" is made here, after it was used on line ${existing.usedBefore.origin.span.line}`,
        'make the network first',
        name.origin,
      );
    this.#networks.set(network.id, { network, call });
    return network.id;
  }

  connect(networkName: Text, reference: Text, attachment: Attachment, links: Workload['legacyLinks']): string | undefined {
    const container = this.refer(reference);
    if (container === undefined) {
      this.#remarks.gap(
        'docker-container-unknown',
        `the container "${reference.value}" is not made in this input`,
        'check its docker run command as well, or correct the name',
        reference.origin,
      );
      return undefined;
    }
    if (container.mode !== undefined) {
      this.#remarks.error(
        'docker-conflicting-options',
        `"${reference.value}" runs with --network ${container.mode.value} and cannot be put on another network`,
        'run it on a user-defined network',
        networkName.origin,
      );
      return container.id;
    }
    this.#attach(container, networkName, attachment);
    container.links.push(...links);
    return container.id;
  }

  disconnect(network: string, reference: Text | undefined): string | undefined {
    const container = reference === undefined ? undefined : this.refer(reference);
    container?.attachments.delete(network === 'default' ? DEFAULT_BRIDGE : network);
    return container?.id;
  }

  removeNetwork(name: string, call: Call): void {
    if (this.#page || !call.certain) this.#freed.add(name);
    else this.#networks.delete(name);
  }

  remove(reference: Text, call: Call, end: End): string | undefined {
    const container = this.refer(reference);
    if (container === undefined) return undefined;
    if (this.#page || !call.certain) this.#freed.add(container.id);
    else {
      container.ends.push(end);
      this.#delete(container);
    }
    return container.id;
  }

  /** `stop` in a function or on a page is the other half of `start`, and not the state that somebody asks about. */
  setState(reference: Text, state: Container['state'], call: Call): string | undefined {
    const container = this.refer(reference);
    if (container === undefined) return undefined;
    if (state === 'running' || (call.certain && !this.#page)) container.state = state;
    else if (state === 'stopped' && container.spec.name !== undefined) this.#freed.add(container.id);
    return container.id;
  }

  /** Its process ends: with it goes the namespace, and who shared it keeps one without interfaces. */
  end(reference: Text, call: Call, end: End): void {
    const container = this.refer(reference);
    if (container !== undefined && container.state !== 'stopped' && call.certain && !this.#page) container.ends.push(end);
  }

  /** It is started again, and joins the namespace that the owner has now. */
  rejoin(reference: Text): void {
    const container = this.refer(reference);
    if (container !== undefined) this.#join(container);
  }

  #join(container: Container): void {
    const owner =
      container.mode?.value.startsWith('container:') === true ? this.refer(container.mode.slice('container:'.length)) : undefined;
    container.joined = owner === undefined || owner === container ? undefined : { owner, after: owner.ends.length };
  }

  rename(from: Text, to: string): string | undefined {
    const container = this.refer(from);
    if (container === undefined) return undefined;
    if (container.name !== undefined) this.#byName.delete(container.name);
    this.#byName.set(to, container);
    container.name = to;
    return container.id;
  }

  holds(container: Container): boolean {
    return this.#containers.get(container.id) === container;
  }

  /** What a word says: a name, or the output of the `docker run -d` that made it. */
  refer(text: Text): Container | undefined {
    return text.container === undefined ? this.#byName.get(text.value) : this.#containers.get(text.container);
  }

  /**
   * Says which networks nobody made. A script that makes networks under names that we do not know may have made them, and
   * Compose makes the `default` network of a project.
   */
  remarkMissing(): void {
    for (const name of this.#missing) {
      const message = `the network "${name.value}" is not created in this input`;
      if (this.#madeUnknown)
        this.#remarks.gap(
          'docker-network-unknown',
          message,
          'a network is made under a name that is not known; it may be this one',
          name.origin,
        );
      else if (name.value.endsWith('_default'))
        this.#remarks.gap('docker-network-unknown', message, 'if Compose makes it, check the Compose file as well', name.origin);
      else
        this.#remarks.warning(
          'docker-network-unknown',
          message,
          `run \`docker network create ${name.value}\` before, if nothing else makes it`,
          name.origin,
        );
    }
  }

  /** By the name that it has now. */
  find(name: string): Container | undefined {
    return this.#byName.get(name);
  }

  #delete(container: Container): void {
    this.#containers.delete(container.id);
    if (container.name !== undefined) this.#byName.delete(container.name);
  }

  #attachAll(container: Container, spec: ContainerSpec): void {
    if (spec.attachments.length === 0) this.#attachDefault(container);
    for (const attachment of spec.attachments) {
      const { value } = attachment.network;
      if (value === DEFAULT_BRIDGE || value === 'default') this.#attachDefault(container, attachment);
      else if (isUserDefined(value)) this.#attach(container, attachment.network, attachment);
    }
  }

  #attachDefault(container: Container, attachment?: Attachment): void {
    if (!this.#networks.has(DEFAULT_BRIDGE))
      this.#networks.set(DEFAULT_BRIDGE, { network: defaultBridge(DEFAULT_BRIDGE), call: undefined });
    container.attachments.set(DEFAULT_BRIDGE, attachment ?? { network: container.spec.image, aliases: [], gatewayPriority: 0 });
  }

  #attach(container: Container, name: Text, attachment: Attachment): void {
    if (!name.known && !this.#networks.has(name.value)) this.#remarks.unknown(name, 'the network of a container');
    if (name.value === DEFAULT_BRIDGE || name.value === 'default') return this.#attachDefault(container, attachment);
    if (!this.#networks.has(name.value)) {
      if (name.known) this.#missing.push(name);
      this.#networks.set(name.value, { network: externalNetwork(name), call: undefined, usedBefore: name });
    }
    container.attachments.set(name.value, attachment);
  }

  #admitsName(name: string, spec: ContainerSpec, call: Call): boolean {
    const existing = this.#byName.get(name);
    if (existing === undefined || this.#freed.has(name)) {
      // On a page the first way that is shown stays, even when it is cleaned up before the next one.
      if (existing !== undefined && this.#page && existing.call.block !== call.block) return this.#alternative(spec.name, existing);
      if (existing !== undefined) this.#delete(existing);
      return true;
    }
    if (this.#toleratesRepetition(name, call, existing.call)) return this.#alternative(spec.name, existing);
    this.#remarks.error(
      'docker-name-taken',
      `the container name "${name}" is already in use by the one on line ${existing.origin.span.line}`,
      `choose another name, or run \`docker rm -f ${name}\` before`,
      (spec.name ?? spec.image).origin,
    );
    return false;
  }

  /** A page that shows the same image on the same host port again shows another way to run it. */
  #isAlternativeOf(spec: ContainerSpec, call: Call): Container | undefined {
    if (!this.#page) return undefined;
    for (const port of spec.ports) {
      const other = port.hostPort === undefined ? undefined : this.#hostPorts.get(`${port.hostPort}/${port.transport}`);
      if (other !== undefined && other.call.block !== call.block && repository(other.spec.image.value) === repository(spec.image.value)) {
        this.#alternative(spec.image, other);
        return other;
      }
    }
    return undefined;
  }

  #alternative(text: Text | undefined, first: Container): false {
    if (text !== undefined)
      this.#remarks.gap(
        'docker-alternative',
        `this is another way to run "${first.id}"; only the one on line ${first.origin.span.line} is looked at`,
        'check the other one in a file of its own',
        text.origin,
      );
    return false;
  }

  #toleratesRepetition(name: string, call: Call, first: Call): boolean {
    if (this.#freed.has(name) || call.guarded || call.alternative || call.block !== first.block) return true;
    return call.branches.some((branch) =>
      first.branches.some((other) => other.condition === branch.condition && other.branch !== branch.branch),
    );
  }

  #makeUpId(): string {
    do this.#unnamed += 1;
    while (this.#containers.has(`container-${this.#unnamed}`));
    return `container-${this.#unnamed}`;
  }
}

const lineOf = (network: Network): number => (network.origin.kind === 'file' ? network.origin.span.line : 0);

export const repository = (image: string): string => image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
