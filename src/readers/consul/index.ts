import type { FileOrigin } from '../../core/origin.ts';
import type { Problem } from '../../core/problem.ts';
import type { SourceText } from '../../core/text.ts';
import type { Registration } from '../../network/model.ts';
import { emptyPart, type ModelPart } from '../reader.ts';
import { type JsonFault, type JsonNode, type JsonScalar, parseJsonTrees } from './json-tree.ts';
import { type ConsulDocument, type ConsulService, readDocument } from './services.ts';

export interface ConsulResult {
  readonly part: ModelPart;
  /** False: the text is none of Consul's answers or files. The part then holds nothing but where it is broken JSON. */
  readonly recognised: boolean;
}

/**
 * Reads what Consul says of services (catalog, health, agent) and the files and bodies that register them: which
 * address and port others are told to dial. Several documents may stand one after the other.
 */
export function readConsul(source: SourceText): ConsulResult {
  if (!/^\ufeff?\s*[[{]/.test(source.text)) return { part: emptyPart, recognised: false };
  const { documents: nodes, fault } = parseJsonTrees(source.text);
  const documents = nodes.flatMap((node) => readDocument(node) ?? []);
  const recognised = documents.length > 0 || (fault !== undefined && looksLikeConsul(source.text));
  const problems: Problem[] = fault === undefined ? [] : [syntaxProblem(source, fault)];
  if (!recognised) return { part: { ...emptyPart, problems }, recognised };
  const agentAddress = documents.find((document) => document.agentAddress !== undefined)?.agentAddress;
  const services = documents.flatMap((document) => document.services).filter(isRegisteredByUsers);
  const found = services.map((service) => readRegistration(source, service, agentAddress));
  const homeless = found.flatMap((one) => one.homeless ?? []);
  problems.push(...found.flatMap((one) => one.problem ?? []), ...noAddress(source, homeless), ...namesOnly(source, nodes, documents));
  return { part: { ...emptyPart, registrations: withUniqueIds(found.flatMap((one) => one.registration ?? [])), problems }, recognised };
}

/** Consul registers itself, and puts proxies and gateways of its mesh into the catalog; nobody's agent dials those by this entry. */
function isRegisteredByUsers(service: ConsulService): boolean {
  return service.name.value !== 'consul' && (service.kind === undefined || service.kind.value === 'typical');
}

interface Read {
  readonly registration?: Registration;
  readonly problem?: Problem;
  /** The name of a service for which there is no address. */
  readonly homeless?: JsonScalar;
}

function readRegistration(source: SourceText, service: ConsulService, agentAddress: JsonScalar | undefined): Read {
  const name = String(service.name.value);
  const { port: portNode } = service;
  const port = portNode?.kind === 'scalar' ? portNode.value : portNode === undefined ? 0 : undefined;
  if (port === 0 || port === null) return {}; // a service without a port is a name for its address only
  if (portNode === undefined || typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535)
    return { problem: badPort(source, name, portNode ?? service.name) };
  const address = service.address ?? service.nodeAddress ?? agentAddress;
  if (address === undefined) return { homeless: service.name };
  return {
    registration: {
      id: ['consul', service.nodeName?.value, service.id?.value ?? name].filter((part) => part !== undefined).join('/'),
      registry: 'consul',
      service: name,
      address: String(address.value),
      port,
      audience: 'unknown',
      origin: scalarOrigin(source, service.name),
      addressOrigin: scalarOrigin(source, address),
      portOrigin: source.origin(portNode.start, portNode.end, { exact: true }),
    },
  };
}

function scalarOrigin(source: SourceText, node: JsonScalar): FileOrigin {
  return source.origin(node.start, node.end, { exact: node.exact });
}

/** The same instance may be in the answers of several endpoints; ids stay unique in the model. */
function withUniqueIds(registrations: readonly Registration[]): readonly Registration[] {
  const seen = new Map<string, number>();
  const facts = new Set<string>();
  return registrations.flatMap((one) => {
    const fact = `${one.id} ${one.address} ${one.port}`;
    if (facts.has(fact)) return [];
    facts.add(fact);
    const count = (seen.get(one.id) ?? 0) + 1;
    seen.set(one.id, count);
    return [count === 1 ? one : { ...one, id: `${one.id}#${count}` }];
  });
}

function namesOnly(source: SourceText, nodes: readonly JsonNode[], documents: readonly ConsulDocument[]): readonly Problem[] {
  const known = new Set(documents.flatMap((document) => document.services.map((service) => service.name.value)));
  const missing = documents.flatMap((document) => document.names).filter((name) => name !== 'consul' && !known.has(name));
  const first = nodes[0];
  if (missing.length === 0 || first === undefined) return [];
  const shown = missing.slice(0, 5).join(', ');
  return [
    {
      severity: 'gap',
      code: 'consul-names-only',
      message: `this is a list of service names without addresses: ${shown}${missing.length > 5 ? ', …' : ''}`,
      hint: `add the answer of /v1/catalog/service/${missing[0]}`,
      origin: source.origin(first.start, first.start + 1),
    },
  ];
}

function badPort(source: SourceText, name: string, node: JsonNode): Problem {
  const shown = source.text.slice(node.start, Math.min(node.end, node.start + 60));
  return {
    severity: 'error',
    code: 'consul-port',
    message: `port ${shown} of service ${name} is not a port`,
    hint: 'expected a number from 1 to 65535',
    origin: source.origin(node.start, node.end),
  };
}

/** One sentence for all: an agent's answers name no address for any service that did not choose its own. */
function noAddress(source: SourceText, names: readonly JsonScalar[]): readonly Problem[] {
  const first = names[0];
  if (first === undefined) return [];
  const others = names.length === 1 ? '' : ` and ${names.length - 1} more`;
  return [
    {
      severity: 'gap',
      code: 'consul-no-address',
      message: `service ${first.value}${others}: no address of its own, and the address of the node is not in this input`,
      hint: `give the answer of /v1/catalog/service/${first.value}, or add that of /v1/agent/self`,
      origin: scalarOrigin(source, first),
    },
  ];
}

function syntaxProblem(source: SourceText, fault: JsonFault): Problem {
  return {
    severity: 'error',
    code: 'json-syntax',
    message: `not JSON: ${fault.message}`,
    hint: "give Consul's answer as it came, whole",
    origin: source.origin(fault.offset, Math.min(fault.offset + 1, source.text.length)),
  };
}

/** For a text that is broken before its first document ends. */
function looksLikeConsul(text: string): boolean {
  return /"(?:ServicePort|ServiceAddress)"\s*:/.test(text) || (/"Service"\s*:/.test(text) && /"Port"\s*:/.test(text));
}
