import { request } from 'node:http';
import { parse } from 'yaml';

export const engine = () => [request, parse];
