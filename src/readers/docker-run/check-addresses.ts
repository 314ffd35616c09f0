import { contains, parseAddress, parseCidr, sameAddress } from '../../core/address.ts';
import type { Known } from '../../network/fact.ts';
import type { Endpoint, Network } from '../../network/model.ts';
import type { Remarks } from './remarks.ts';

/** Chosen addresses have to lie in a chosen subnet of their network, and no two may be alike. */
export function checkAddresses(endpoints: readonly Endpoint[], networks: readonly Network[], remarks: Remarks): void {
  const byId = new Map(networks.map((network) => [network.id, network]));
  const taken = new Map<string, Endpoint>();
  for (const endpoint of endpoints) {
    const network = byId.get(endpoint.networkId);
    for (const address of [endpoint.ipv4, endpoint.ipv6])
      if (address !== undefined && network !== undefined) {
        if (!network.external) checkSubnet(address, network, remarks);
        checkTaken(address, endpoint, taken, remarks);
      }
  }
}

function checkSubnet(address: Known<string>, network: Network, remarks: Remarks): void {
  const ip = parseAddress(address.value);
  if (ip === undefined) return;
  const subnets = network.subnets.flatMap((subnet) => parseCidr(subnet.cidr) ?? []).filter((cidr) => cidr.base.family === ip.family);
  const unknownSubnets = network.subnets.length === 0 && network.options.some(({ name }) => name === 'ipam');
  if (subnets.length === 0 && !unknownSubnets)
    remarks.error(
      'docker-address-needs-subnet',
      `the address ${address.value} can be chosen only on a network whose subnet was chosen; "${network.id}" has ${network.subnets.length === 0 ? 'none' : `no IPv${ip.family} one`}`,
      `add --subnet to \`docker network create ${network.id}\``,
      address.origin,
    );
  else if (!subnets.some((cidr) => contains(cidr, ip)))
    remarks.error(
      'docker-outside-subnet',
      `the address ${address.value} does not belong to ${network.subnets.map(({ cidr }) => cidr).join(', ')}, the subnet of "${network.id}"`,
      'choose an address inside, or correct the subnet',
      address.origin,
    );
  else if (network.subnets.some(({ gateway }) => gateway !== undefined && sameText(gateway, address.value)))
    remarks.error(
      'docker-address-taken',
      `the address ${address.value} is the gateway of "${network.id}"`,
      'choose another address',
      address.origin,
    );
}

function checkTaken(address: Known<string>, endpoint: Endpoint, taken: Map<string, Endpoint>, remarks: Remarks): void {
  const key = `${endpoint.networkId} ${address.value.toLowerCase()}`;
  const other = taken.get(key);
  if (other === undefined) taken.set(key, endpoint);
  else
    remarks.error(
      'docker-address-taken',
      `the address ${address.value} on "${endpoint.networkId}" is taken by "${other.workloadId}"`,
      'give each container an address of its own',
      address.origin,
    );
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [parseAddress(a), parseAddress(b)];
  return left !== undefined && right !== undefined && sameAddress(left, right);
}
