namespace Sharpless.Cli.Report.Sparse;

/// <summary>Student's t-distribution with a whole number of degrees of freedom.</summary>
internal static class StudentT
{
    /// <summary>The t that |T| exceeds with a probability of 5 %.</summary>
    /// <param name="degreesOfFreedom">ν, 1 or more.</param>
    public static double TwoSided95(int degreesOfFreedom)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degreesOfFreedom, 1);
        double low = 0, high = Math.PI / 2;
        // The share grows with the angle; 60 halvings leave no more than rounding.
        for (int i = 0; i < 60; i++)
        {
            double middle = (low + high) / 2;
            if (ShareInside(middle, degreesOfFreedom) < 0.95) low = middle;
            else high = middle;
        }
        return Math.Sqrt(degreesOfFreedom) * Math.Tan(low);
    }

    // P(|T| < t) with t = √ν tan θ is a finite sum (Abramowitz and Stegun, 26.7.3 for odd ν and 26.7.4 for even):
    // odd:  2/π (θ + sin θ (cos θ + 2/3 cos³θ + 2·4/(3·5) cos⁵θ + ... up to cos^(ν-2) θ))
    // even: sin θ (1 + 1/2 cos²θ + 1·3/(2·4) cos⁴θ + ... up to cos^(ν-2) θ)
    private static double ShareInside(double angle, int degreesOfFreedom)
    {
        bool odd = degreesOfFreedom % 2 == 1;
        double cosine = Math.Cos(angle), term = odd ? cosine : 1, sum = 0;
        for (int power = odd ? 1 : 0; power <= degreesOfFreedom - 2; power += 2)
        {
            sum += term;
            term *= cosine * cosine * (power + 1) / (power + 2);
        }
        return odd ? 2 / Math.PI * (angle + Math.Sin(angle) * sum) : Math.Sin(angle) * sum;
    }
}
