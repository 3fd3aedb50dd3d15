/** A model that comes with the page. */
export interface ZooModel {
  readonly id: string;
  readonly title: string;
  readonly titles?: Readonly<Record<string, string>>;
}

/** @returns the models that come with the page. */
export async function zooModels(): Promise<ZooModel[]> {
  const response = await fetch(new URL('zoo/index.json', document.baseURI));
  return (await response.json()) as ZooModel[];
}
